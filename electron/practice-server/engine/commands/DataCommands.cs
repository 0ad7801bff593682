using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsData.ConvertTo, "Json")]
[OutputType(typeof(string))]
public sealed class ConvertToJsonCommand : PSCmdlet
{
    private readonly List<object?> inputs = [];
    private bool cutOff;

    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    [Parameter]
    [ValidateRange(0, 100)]
    public int Depth { get; set; } = 2;

    [Parameter]
    public SwitchParameter Compress { get; set; }

    [Parameter]
    public SwitchParameter EnumsAsStrings { get; set; }

    [Parameter]
    public SwitchParameter AsArray { get; set; }

    [Parameter]
    [ValidateSet("Default", "EscapeNonAscii", "EscapeHtml")]
    public string EscapeHandling { get; set; } = "Default";

    protected override void ProcessRecord() => inputs.Add(InputObject);

    protected override void EndProcessing()
    {
        if (inputs.Count == 0) return;
        using var bytes = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = !Compress,
            NewLine = Environment.NewLine,
            MaxDepth = 1000,
            Encoder = EscapeHandling == "Default" ? JavaScriptEncoder.UnsafeRelaxedJsonEscaping : JavaScriptEncoder.Default,
        };
        using (var writer = new Utf8JsonWriter(bytes, options))
        {
            Write(writer, inputs.Count > 1 || AsArray ? inputs : inputs[0], 0);
        }
        if (cutOff) WriteWarning($"Resulting JSON is truncated as serialization has exceeded the set depth of {Depth}.");
        WriteObject(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    private void Write(Utf8JsonWriter writer, object? value, int depth)
    {
        if (Stopping) throw new PipelineStoppedException();
        var shell = value as PSObject;
        var plain = shell is null ? value : shell.BaseObject;
        if (WriteScalar(writer, plain)) return;
        if (depth > Depth)
        {
            cutOff = true;
            writer.WriteStringValue(shell is null ? PSObject.AsPSObject(plain!).ToString() : shell.ToString());
            return;
        }
        if (plain is IDictionary table)
        {
            writer.WriteStartObject();
            foreach (DictionaryEntry entry in table)
            {
                writer.WritePropertyName(entry.Key.ToString() ?? string.Empty);
                Write(writer, entry.Value, depth + 1);
            }
            writer.WriteEndObject();
            return;
        }
        if (plain is IEnumerable many)
        {
            writer.WriteStartArray();
            foreach (var item in many) Write(writer, item, depth + 1);
            writer.WriteEndArray();
            return;
        }
        WriteProperties(writer, shell ?? PSObject.AsPSObject(plain!), depth);
    }

    private void WriteProperties(Utf8JsonWriter writer, PSObject value, int depth)
    {
        writer.WriteStartObject();
        foreach (var property in value.Properties)
        {
            object? content;
            try
            {
                content = property.Value;
            }
            catch (GetValueException)
            {
                // A property that cannot be read now is no reason to lose the others.
                content = null;
            }
            writer.WritePropertyName(property.Name);
            Write(writer, content, depth + 1);
        }
        writer.WriteEndObject();
    }

    private bool WriteScalar(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null or DBNull:
                writer.WriteNullValue();
                return true;
            case string or char or Guid or Uri or Version or SemanticVersion or Type or ScriptBlock or System.Net.IPAddress:
                writer.WriteStringValue(value.ToString());
                return true;
            case bool flag:
                writer.WriteBooleanValue(flag);
                return true;
            case Enum choice when EnumsAsStrings:
                writer.WriteStringValue(choice.ToString());
                return true;
            case Enum choice:
                return WriteScalar(writer, Convert.ChangeType(choice, Enum.GetUnderlyingType(choice.GetType()), CultureInfo.InvariantCulture));
            case DateTime or DateTimeOffset:
                writer.WriteStringValue(value is DateTime date ? JsonDate(date) : ((DateTimeOffset)value).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture));
                return true;
            case double or float:
                WriteFloat(writer, value);
                return true;
            case ulong number:
                writer.WriteNumberValue(number);
                return true;
            case byte or sbyte or short or ushort or int or uint or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                return true;
            case decimal number:
                writer.WriteNumberValue(number);
                return true;
            case BigInteger number:
                writer.WriteRawValue(number.ToString(CultureInfo.InvariantCulture));
                return true;
            default:
                return false;
        }
    }

    private static void WriteFloat(Utf8JsonWriter writer, object value)
    {
        var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        var text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        if (!double.IsFinite(number)) writer.WriteStringValue(text);
        // A floating number stays one when it is read back: 1.0, not 1.
        else if (text.AsSpan().IndexOfAny(".eE") < 0 && decimal.TryParse(text + ".0", CultureInfo.InvariantCulture, out var exact)) writer.WriteNumberValue(exact);
        else if (value is float single) writer.WriteNumberValue(single);
        else writer.WriteNumberValue(number);
    }

    private static string JsonDate(DateTime date) => date.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);
}

[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly List<string> lines = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = string.Empty;

    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Depth { get; set; } = 1024;

    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord() => lines.Add(InputObject);

    protected override void EndProcessing()
    {
        if (lines.Count == 0) return;
        // A document a line, or one document over all lines.
        if (lines.Count > 1 && TryParse(lines[0], out var first))
        {
            Emit(first);
            foreach (var line in lines.Skip(1)) Emit(Parse(line));
            return;
        }
        Emit(Parse(string.Join('\n', lines)));
    }

    private void Emit(object? value) => WriteObject(value, enumerateCollection: !NoEnumerate);

    private bool TryParse(string text, out object? value)
    {
        try
        {
            value = ParseOrThrow(text);
            return true;
        }
        catch (JsonException)
        {
            value = null;
            return false;
        }
    }

    private object? Parse(string text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(text) ? null : ParseOrThrow(text);
        }
        catch (JsonException error)
        {
            ThrowTerminatingError(new ErrorRecord(
                new ArgumentException($"Conversion from JSON failed with error: {error.Message}", error),
                "System.ArgumentException", ErrorCategory.NotSpecified, null));
            return null;
        }
    }

    private object? ParseOrThrow(string text)
    {
        var options = new JsonDocumentOptions
        {
            AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = Math.Min(Depth, 1024),
        };
        using var document = JsonDocument.Parse(text, options);
        return Value(document.RootElement);
    }

    private object? Value(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return AsHashtable ? Table(element) : Object(element);
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(Value).ToArray();
            case JsonValueKind.String:
                return Text(element.GetString()!);
            case JsonValueKind.Number:
                if (element.TryGetInt64(out var whole)) return whole;
                var raw = element.GetRawText();
                if (BigInteger.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var big)) return big;
                return element.GetDouble();
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }

    private PSObject Object(JsonElement element)
    {
        var result = new PSObject();
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Length == 0 || result.Properties[property.Name] is not null)
            {
                ThrowTerminatingError(new ErrorRecord(
                    new InvalidOperationException(
                        $"Cannot convert the JSON string because it has the key '{property.Name}' twice or without a name. Use -AsHashtable instead."),
                    property.Name.Length == 0 ? "EmptyKeyInJsonString" : "DuplicateKeysInJsonString", ErrorCategory.InvalidOperation, null));
            }
            result.Properties.Add(new PSNoteProperty(property.Name, Value(property.Value)));
        }
        return result;
    }

    private OrderedHashtable Table(JsonElement element)
    {
        var result = new OrderedHashtable();
        foreach (var property in element.EnumerateObject()) result[property.Name] = Value(property.Value);
        return result;
    }

    // What looks like the dates that ConvertTo-Json writes is read as a date, as PowerShell does.
    private static object Text(string text)
    {
        var looksLikeDate = text.Length is >= 19 and <= 33 && text[4] == '-' && text[10] == 'T' && char.IsAsciiDigit(text[0]);
        return looksLikeDate && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var date) ? date : text;
    }
}

internal static class Csv
{
    public static string[] Names(PSObject input)
    {
        if (input.BaseObject is IDictionary table) return table.Keys.Cast<object>().Select(key => key.ToString()!).ToArray();
        return input.Properties.Select(property => property.Name).ToArray();
    }

    public static string? ValueOf(PSObject input, string name)
    {
        object? value;
        try
        {
            value = input.BaseObject is IDictionary table ? table[name] : input.Properties[name]?.Value;
        }
        catch (GetValueException)
        {
            return null;
        }
        return value is null ? null : PSObject.AsPSObject(value).ToString();
    }

    /// <summary>The records of a text: quoted fields may hold delimiters, quotes (doubled) and line ends.</summary>
    public static IEnumerable<List<string>> Records(TextReader reader, char delimiter)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        var any = false;
        int read;
        while ((read = reader.Read()) >= 0)
        {
            var letter = (char)read;
            if (quoted)
            {
                if (letter != '"') field.Append(letter);
                else if (reader.Peek() == '"') field.Append((char)reader.Read());
                else quoted = false;
                continue;
            }
            if (letter == '"' && field.ToString().Trim().Length == 0)
            {
                field.Clear();
                quoted = any = true;
            }
            else if (letter == delimiter)
            {
                fields.Add(field.ToString());
                field.Clear();
                any = true;
            }
            else if (letter is '\n' or '\r')
            {
                if (letter == '\r' && reader.Peek() == '\n') reader.Read();
                if (any || field.Length > 0)
                {
                    fields.Add(field.ToString());
                    yield return fields;
                }
                fields = [];
                field.Clear();
                any = false;
            }
            else
            {
                field.Append(letter);
            }
        }
        if (!any && field.Length == 0) yield break;
        fields.Add(field.ToString());
        yield return fields;
    }
}

public abstract class CsvWriterBase : PSCmdlet
{
    private string[]? names;

    [Parameter(Position = 1)]
    [ValidateNotNull]
    public char Delimiter { get; set; } = ',';

    [Parameter]
    [Alias("ITI")]
    public SwitchParameter IncludeTypeInformation { get; set; }

    [Parameter(DontShow = true)]
    [Alias("NTI")]
    public SwitchParameter NoTypeInformation { get; set; } = true;

    [Parameter]
    [Alias("QF")]
    public string[]? QuoteFields { get; set; }

    [Parameter]
    [Alias("UQ")]
    [ValidateSet("Never", "Always", "AsNeeded")]
    public string UseQuotes { get; set; } = "Always";

    [Parameter]
    public SwitchParameter NoHeader { get; set; }

    private protected IEnumerable<string> Lines(PSObject input, bool headerWanted)
    {
        if (names is null)
        {
            names = Csv.Names(input);
            if (IncludeTypeInformation) yield return $"#TYPE {input.TypeNames[0]}";
            if (headerWanted && !NoHeader) yield return Line(names, name => name);
        }
        yield return Line(names, name => Csv.ValueOf(input, name));
    }

    private protected void UseColumns(string[] columns) => names = columns;

    private string Line(string[] columns, Func<string, string?> value) =>
        string.Join(Delimiter, columns.Select(column => Field(column, value(column))));

    private string Field(string column, string? text)
    {
        if (text is null) return string.Empty;
        var needed = text.AsSpan().IndexOfAny("\r\n\"") >= 0 || text.Contains(Delimiter);
        var wanted = QuoteFields is not null
            ? QuoteFields.Contains(column, StringComparer.OrdinalIgnoreCase)
            : UseQuotes == "Always" || (UseQuotes == "AsNeeded" && needed);
        return wanted ? '"' + text.Replace("\"", "\"\"", StringComparison.Ordinal) + '"' : text;
    }
}

[Cmdlet(VerbsData.ConvertTo, "Csv")]
[OutputType(typeof(string))]
public sealed class ConvertToCsvCommand : CsvWriterBase
{
    [Parameter(Mandatory = true, ValueFromPipeline = true, Position = 0)]
    public PSObject InputObject { get; set; } = new();

    protected override void ProcessRecord() => WriteObject(Lines(InputObject, headerWanted: true), enumerateCollection: true);
}

[Cmdlet(VerbsData.Export, "Csv", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class ExportCsvCommand : CsvWriterBase, IDisposable
{
    private StreamWriter? writer;
    private bool appending;

    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = new();

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path")]
    public string? Path { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath")]
    [Alias("PSPath", "LP")]
    public string? LiteralPath { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    [Alias("NoOverwrite")]
    public SwitchParameter NoClobber { get; set; }

    [Parameter]
    [EncodingArgument]
    public Encoding Encoding { get; set; } = Encodings.Default;

    [Parameter]
    public SwitchParameter Append { get; set; }

    protected override void BeginProcessing()
    {
        var path = LiteralPath ?? Path!;
        if (!ShouldProcess(path)) return;
        var file = Files.Resolve(this, path, LiteralPath is not null);
        appending = Append && File.Exists(file) && new FileInfo(file).Length > 0;
        if (appending)
        {
            using var reader = Files.OpenReader(this, path, LiteralPath is not null, Encoding);
            var columns = Csv.Records(reader, Delimiter).FirstOrDefault(record => !record[0].StartsWith("#TYPE ", StringComparison.Ordinal));
            if (columns is not null) UseColumns([.. columns]);
        }
        writer = Files.OpenWriter(this, path, LiteralPath is not null, Encoding, Append, Force, NoClobber);
    }

    protected override void ProcessRecord()
    {
        if (writer is null) return;
        foreach (var line in Lines(InputObject, headerWanted: !appending)) writer.WriteLine(line);
    }

    protected override void EndProcessing() => Dispose();

    public void Dispose()
    {
        writer?.Dispose();
        writer = null;
    }
}

public abstract class CsvReaderBase : PSCmdlet
{
    [Parameter(Position = 1)]
    public char Delimiter { get; set; } = ',';

    [Parameter]
    public string[]? Header { get; set; }

    private protected void Read(TextReader reader)
    {
        var columns = Header;
        string? typeName = null;
        foreach (var record in Csv.Records(reader, Delimiter))
        {
            if (Stopping) return;
            if (columns is null)
            {
                if (record[0].StartsWith("#TYPE ", StringComparison.Ordinal)) typeName = "CSV:" + record[0][6..];
                // Lines of W3C logs say their columns behind this mark, other comments nothing.
                else if (!record[0].StartsWith('#')) columns = record.Select((name, at) => name.Length > 0 ? name : $"H{at + 1}").ToArray();
                continue;
            }
            var result = new PSObject();
            if (typeName is not null) result.TypeNames.Insert(0, typeName);
            for (var i = 0; i < columns.Length; i++)
            {
                result.Properties.Add(new PSNoteProperty(columns[i], i < record.Count ? record[i] : null));
            }
            WriteObject(result);
        }
    }
}

[Cmdlet(VerbsData.ConvertFrom, "Csv")]
public sealed class ConvertFromCsvCommand : CsvReaderBase
{
    private readonly StringBuilder text = new();

    [Parameter(Mandatory = true, ValueFromPipeline = true, Position = 0)]
    [AllowEmptyString]
    public string[] InputObject { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var line in InputObject) text.AppendLine(line);
    }

    protected override void EndProcessing() => Read(new StringReader(text.ToString()));
}

[Cmdlet(VerbsData.Import, "Csv", DefaultParameterSetName = "Path")]
public sealed class ImportCsvCommand : CsvReaderBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Path")]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralPath")]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter]
    [EncodingArgument]
    public Encoding Encoding { get; set; } = Encodings.Default;

    protected override void ProcessRecord()
    {
        var literal = ParameterSetName == "LiteralPath";
        foreach (var path in literal ? LiteralPath : Path)
        {
            using var reader = Files.OpenReader(this, path, literal, Encoding);
            Read(reader);
        }
    }
}

[Cmdlet(VerbsData.Export, "Clixml", SupportsShouldProcess = true)]
public sealed class ExportClixmlCommand : PSCmdlet
{
    private readonly List<object?> inputs = [];

    [Parameter(Mandatory = true, Position = 0)]
    public string Path { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Depth { get; set; } = 2;

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord() => inputs.Add(InputObject);

    protected override void EndProcessing()
    {
        if (!ShouldProcess(Path)) return;
        using var writer = Files.OpenWriter(this, Path, literal: false, Encodings.Default, append: false, Force, noClobber: false);
        writer.Write(PSSerializer.Serialize(inputs.Count == 1 ? inputs[0] : inputs.ToArray(), Depth));
    }
}

[Cmdlet(VerbsData.Import, "Clixml")]
public sealed class ImportClixmlCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string[] Path { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            using var reader = Files.OpenReader(this, path, literal: false, Encodings.Default);
            WriteObject(PSSerializer.Deserialize(reader.ReadToEnd()), enumerateCollection: true);
        }
    }
}
