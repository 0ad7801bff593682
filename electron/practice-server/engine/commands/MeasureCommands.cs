using System.Globalization;
using System.Management.Automation;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

public abstract class MeasureInfo
{
    public string? Property { get; internal set; }
}

public sealed class GenericMeasureInfo : MeasureInfo
{
    public int Count { get; internal set; }
    public double? Average { get; internal set; }
    public double? Sum { get; internal set; }
    public double? Maximum { get; internal set; }
    public double? Minimum { get; internal set; }
    public double? StandardDeviation { get; internal set; }
}

public sealed class GenericObjectMeasureInfo : MeasureInfo
{
    public int Count { get; internal set; }
    public double? Average { get; internal set; }
    public double? Sum { get; internal set; }
    public object? Maximum { get; internal set; }
    public object? Minimum { get; internal set; }
    public double? StandardDeviation { get; internal set; }
}

public sealed class TextMeasureInfo : MeasureInfo
{
    public int? Lines { get; internal set; }
    public int? Words { get; internal set; }
    public int? Characters { get; internal set; }
}

[Cmdlet(VerbsDiagnostic.Measure, "Object", DefaultParameterSetName = "GenericMeasure")]
[OutputType(typeof(GenericMeasureInfo), typeof(TextMeasureInfo), typeof(GenericObjectMeasureInfo))]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private readonly Dictionary<string, Statistics> statistics = new(StringComparer.OrdinalIgnoreCase);
    private readonly ValueComparer comparer = new(caseSensitive: false);
    private PropertyArgument[] properties = [];
    private int count;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter StandardDeviation { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Sum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter AllStats { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Average { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Maximum { get; set; }

    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Minimum { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Line { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Word { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Character { get; set; }

    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter IgnoreWhiteSpace { get; set; }

    private bool Text => ParameterSetName == "TextMeasure";
    private bool Numbers => Sum || Average || StandardDeviation || AllStats;

    protected override void BeginProcessing() => properties = PropertyArgument.Read(this, Property);

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        count++;
        if (properties.Length == 0)
        {
            Add(string.Empty, InputObject.BaseObject);
            return;
        }
        foreach (var property in properties)
        {
            foreach (var found in property.Expression.GetValues(InputObject, true, true))
            {
                if (found.Exception is null && found.Result is not null) Add(property.NameOf(found), found.Result);
            }
        }
    }

    private void Add(string name, object value)
    {
        if (value is PSObject wrapped) value = wrapped.BaseObject;
        if (!statistics.TryGetValue(name, out var found)) statistics[name] = found = new Statistics();
        found.Count++;
        if (Text)
        {
            AddText(found, value.ToString() ?? string.Empty);
            return;
        }
        if (Numbers && TryNumber(value, out var number)) AddNumber(found, number);
        else if (Numbers)
        {
            WriteError(new ErrorRecord(
                new PSInvalidCastException($"Input object \"{value}\" is not numeric."), "NonNumericInputObject", ErrorCategory.InvalidType, value));
        }
        if (!Maximum && !Minimum && !AllStats) return;
        // Numbers written as text count as numbers, as everywhere in Measure-Object.
        object comparable = TryNumber(value, out var asNumber) ? asNumber : value;
        if (found.Maximum is null || comparer.Compare(comparable, found.Maximum) > 0) found.Maximum = comparable;
        if (found.Minimum is null || comparer.Compare(comparable, found.Minimum) < 0) found.Minimum = comparable;
    }

    private static bool TryNumber(object value, out double number)
    {
        if (value is string or char or DateTime or bool)
        {
            return double.TryParse(value.ToString(), NumberStyles.Any, CultureInfo.InvariantCulture, out number);
        }
        return LanguagePrimitives.TryConvertTo(value, out number);
    }

    // Welford's method: one pass, no cancellation.
    private static void AddNumber(Statistics found, double number)
    {
        found.Numbers++;
        found.Sum += number;
        var delta = number - found.Mean;
        found.Mean += delta / found.Numbers;
        found.Squares += delta * (number - found.Mean);
    }

    private void AddText(Statistics found, string text)
    {
        found.Characters += IgnoreWhiteSpace ? text.Count(each => !char.IsWhiteSpace(each)) : text.Length;
        found.Words += text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        found.Lines += text.Length == 0 ? 0 : text.AsSpan().Count('\n') + (text.EndsWith('\n') ? 0 : 1);
    }

    protected override void EndProcessing()
    {
        if (properties.Length == 0)
        {
            Write(null, statistics.GetValueOrDefault(string.Empty) ?? new Statistics());
            return;
        }
        foreach (var (name, found) in statistics) Write(name, found);
        foreach (var property in properties)
        {
            var name = property.Label ?? property.Expression.ToString();
            if (property.Expression.HasWildCardCharacters || statistics.ContainsKey(name) || count == 0) continue;
            WriteError(new ErrorRecord(
                new PSArgumentException($"The property \"{name}\" cannot be found in the input for any objects."),
                "GenericMeasurePropertyNotFound", ErrorCategory.InvalidArgument, null));
        }
    }

    private void Write(string? property, Statistics found)
    {
        if (Text)
        {
            WriteObject(new TextMeasureInfo
            {
                Property = property,
                Lines = Line ? found.Lines : null, Words = Word ? found.Words : null, Characters = Character ? found.Characters : null,
            });
            return;
        }
        double? average = (Average || AllStats) && found.Numbers > 0 ? found.Sum / found.Numbers : null;
        double? sum = Sum || AllStats ? found.Sum : null;
        double? deviation = (StandardDeviation || AllStats) && found.Numbers > 0
            ? found.Numbers == 1 ? 0 : Math.Sqrt(found.Squares / (found.Numbers - 1))
            : null;
        var maximum = Maximum || AllStats ? found.Maximum : null;
        var minimum = Minimum || AllStats ? found.Minimum : null;
        if (maximum is null or double && minimum is null or double)
        {
            WriteObject(new GenericMeasureInfo
            {
                Property = property, Count = found.Count, Average = average, Sum = sum, StandardDeviation = deviation,
                Maximum = (double?)maximum, Minimum = (double?)minimum,
            });
            return;
        }
        WriteObject(new GenericObjectMeasureInfo
        {
            Property = property, Count = found.Count, Average = average, Sum = sum, StandardDeviation = deviation,
            Maximum = maximum, Minimum = minimum,
        });
    }

    private sealed class Statistics
    {
        public int Count;
        public int Numbers;
        public double Sum;
        public double Mean;
        public double Squares;
        public object? Maximum;
        public object? Minimum;
        public int Lines;
        public int Words;
        public int Characters;
    }
}

[Cmdlet(VerbsDiagnostic.Measure, "Command")]
[OutputType(typeof(TimeSpan))]
public sealed class MeasureCommandCommand : PSCmdlet
{
    private readonly System.Diagnostics.Stopwatch watch = new();

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0, Mandatory = true)]
    public ScriptBlock Expression { get; set; } = ScriptBlock.Create(string.Empty);

    protected override void ProcessRecord()
    {
        var nowhere = Reach.New("System.Management.Automation.Internal.Pipe");
        Reach.Set(nowhere, "NullPipe", true);
        var onError = Reach.Enum("System.Management.Automation.ScriptBlock+ErrorHandlingBehavior", "WriteToCurrentErrorPipe");
        watch.Start();
        // In the caller's scope, and its errors to the caller.
        Reach.Call(
            Expression, "InvokeWithPipe", false, onError, InputObject, Array.Empty<object>(),
            System.Management.Automation.Internal.AutomationNull.Value, nowhere, null, false, null, null, Array.Empty<object>());
        watch.Stop();
    }

    protected override void EndProcessing() => WriteObject(watch.Elapsed);
}
