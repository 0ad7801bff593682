using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Text;
using Microsoft.PowerShell.Commands.Internal.Format;
using PSDeck.Engine;
using Shell = System.Management.Automation.PowerShell;

namespace Microsoft.PowerShell.Commands;

internal static class Formatter
{
    private const string Space = "Microsoft.PowerShell.Commands.Internal.Format.";

    /// <summary>The engine's own formatter for one shape. It is set the way the engine's own commands set it.</summary>
    public static void Use(FrontEndCommandBase command, string shape) => Reach.Set(
        command, "implementation", Reach.New(Space + "InnerFormatShapeCommand", Reach.Enum(Space + "FormatShape", shape)));

    /// <summary>
    /// What the engine's base class leaves to shapes it does not know: the properties to show. The table and list bases do this
    /// themselves.
    /// </summary>
    public static void SetParameters(
        OuterFormatShapeCommandBase command, object? shapeParameters, object[] properties, string definition, bool? autosize)
    {
        var implementation = Reach.Get(command, "implementation")!;
        var parameters = Reach.New(Space + "FormattingCommandLineParameters");
        Reach.Set(parameters, "groupByParameter", Reach.Call(command, "ProcessGroupByParameter"));
        Reach.Set(parameters, "expansion", Reach.Call(command, "ProcessExpandParameter"));
        Reach.Set(parameters, "forceFormattingAlsoOnOutOfBand", (bool)command.Force);
        Reach.Set(parameters, "viewName", command.View);
        Reach.Set(parameters, "autosize", autosize);
        if (shapeParameters is not null) Reach.Set(parameters, "shapeParameters", shapeParameters);
        if (properties.Length > 0)
        {
            var processor = Reach.New(Space + "ParameterProcessor", Reach.New(Space + definition));
            var context = Reach.Get(implementation, "TerminatingErrorContext")
                ?? Reach.New(Space + "TerminatingErrorContext", command);
            Reach.Set(parameters, "mshParameterList", Reach.Call(processor, "ProcessParameters", properties, context));
        }
        Reach.Call(implementation, "SetCommandLineParameters", parameters);
    }

    public static object New(string type) => Reach.New(Space + type);

    /// <summary>The engine's own renderer, with the lines going to a writer.</summary>
    public static void WriteTo(FrontEndCommandBase command, TextWriter writer, int columns, bool noNewline) => Reach.Set(
        Reach.Get(command, "implementation")!, "LineOutput", Reach.New(Space + "TextWriterLineOutput", writer, columns, noNewline));

    public static void UseOutput(FrontEndCommandBase command) =>
        Reach.Set(command, "implementation", Reach.New(Space + "OutputManagerInner"));

    public static int Columns(PSHost host, int? wanted)
    {
        if (wanted is not null) return wanted.Value;
        try
        {
            // One less than the host has, as everywhere in PowerShell: a full line would wrap.
            var width = host.UI.RawUI.BufferSize.Width - 1;
            return width > 0 ? width : 119;
        }
        catch (Exception error) when (error is RuntimeException or NotImplementedException or NullReferenceException)
        {
            return 119;
        }
    }
}

[Cmdlet(VerbsCommon.Format, "Table")]
public sealed class FormatTableCommand : OuterFormatTableBase
{
    public FormatTableCommand() => Formatter.Use(this, "Table");
}

[Cmdlet(VerbsCommon.Format, "List")]
public sealed class FormatListCommand : OuterFormatTableAndListBase
{
    public FormatListCommand() => Formatter.Use(this, "List");
}

[Cmdlet(VerbsCommon.Format, "Wide")]
public sealed class FormatWideCommand : OuterFormatShapeCommandBase
{
    public FormatWideCommand() => Formatter.Use(this, "Wide");

    [Parameter(Position = 0)]
    public object? Property { get; set; }

    [Parameter]
    public SwitchParameter AutoSize { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Column { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        var shape = Formatter.New("WideSpecificParameters");
        if (Column > 0) Reach.Set(shape, "columns", (int?)Column);
        Formatter.SetParameters(
            this, shape, Property is null ? [] : [Property], "FormatWideParameterDefinition", AutoSize ? true : null);
    }
}

[Cmdlet(VerbsCommon.Format, "Custom")]
public sealed class FormatCustomCommand : OuterFormatShapeCommandBase
{
    public FormatCustomCommand() => Formatter.Use(this, "Complex");

    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Depth { get; set; } = 5;

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        var shape = Formatter.New("ComplexSpecificParameters");
        Reach.Set(shape, "maxDepth", Depth);
        Formatter.SetParameters(this, shape, Property, "FormatObjectParameterDefinition", null);
    }
}

[Cmdlet(VerbsData.Out, "String", DefaultParameterSetName = "NoNewLineFormatting")]
[OutputType(typeof(string))]
public sealed class OutStringCommand : FrontEndCommandBase
{
    private readonly StringBuilder whole = new();

    public OutStringCommand() => Formatter.UseOutput(this);

    [Parameter(ParameterSetName = "StreamFormatting")]
    public SwitchParameter Stream { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int? Width { get; set; }

    [Parameter(ParameterSetName = "NoNewLineFormatting")]
    public SwitchParameter NoNewline { get; set; }

    protected override void BeginProcessing()
    {
        Formatter.WriteTo(this, new LineWriter(this), Formatter.Columns(Host, Width), NoNewline);
        base.BeginProcessing();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (!Stream) WriteObject(whole.ToString());
    }

    /// <summary>The renderer writes whole lines; each goes on at once or is kept.</summary>
    private sealed class LineWriter(OutStringCommand owner) : TextWriter
    {
        public override Encoding Encoding => Encoding.Unicode;

        public override void Write(string? value) => owner.whole.Append(value);

        public override void Write(char value) => owner.whole.Append(value);

        public override void WriteLine(string? value)
        {
            if (owner.Stream) owner.WriteObject(value);
            else owner.whole.AppendLine(value);
        }
    }
}

[Cmdlet(VerbsData.Out, "File", SupportsShouldProcess = true, DefaultParameterSetName = "ByPath")]
public sealed class OutFileCommand : FrontEndCommandBase
{
    private StreamWriter? file;

    public OutFileCommand() => Formatter.UseOutput(this);

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "ByPath")]
    [Alias("Path")]
    public string? FilePath { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "ByLiteralPath")]
    [Alias("PSPath", "LP")]
    public string? LiteralPath { get; set; }

    [Parameter(Position = 1)]
    [EncodingArgument]
    [ArgumentCompletions("ascii", "bigendianunicode", "oem", "unicode", "utf7", "utf8", "utf8BOM", "utf8NoBOM", "utf32")]
    public Encoding Encoding { get; set; } = Encodings.Default;

    [Parameter]
    public SwitchParameter Append { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    [Alias("NoOverwrite")]
    public SwitchParameter NoClobber { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int? Width { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    protected override void BeginProcessing()
    {
        var path = LiteralPath ?? FilePath!;
        // A file has no right edge.
        TextWriter writer = ShouldProcess(path, "Output to File")
            ? file = Files.OpenWriter(this, path, LiteralPath is not null, Encoding, Append, Force, NoClobber)
            : TextWriter.Null;
        Formatter.WriteTo(this, writer, Width ?? int.MaxValue, NoNewline);
        base.BeginProcessing();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        Close();
    }

    protected override void InternalDispose()
    {
        base.InternalDispose();
        Close();
    }

    private void Close()
    {
        file?.Dispose();
        file = null;
    }
}

[Cmdlet("Tee", "Object", DefaultParameterSetName = "File")]
public sealed class TeeObjectCommand : PSCmdlet, IDisposable
{
    private readonly Collection<object?> collected = [];
    private SteppablePipeline? output;
    private Shell? shell;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "File")]
    [Alias("Path")]
    public string? FilePath { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralFile")]
    [Alias("PSPath", "LP")]
    public string? LiteralPath { get; set; }

    [Parameter(ParameterSetName = "File")]
    public SwitchParameter Append { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Variable")]
    public string? Variable { get; set; }

    protected override void BeginProcessing()
    {
        if (Variable is not null) return;
        shell = Shell.Create(RunspaceMode.CurrentRunspace).AddCommand("Microsoft.PowerShell.Utility\\Out-File");
        if (LiteralPath is not null) shell.AddParameter("LiteralPath", LiteralPath);
        else shell.AddParameter("FilePath", FilePath).AddParameter("Append", Append);
        output = shell.GetSteppablePipeline();
        output.Begin(expectInput: true);
    }

    protected override void ProcessRecord()
    {
        if (Variable is not null) collected.Add(InputObject);
        else output!.Process(InputObject);
        WriteObject(InputObject);
    }

    protected override void EndProcessing()
    {
        if (Variable is null)
        {
            output!.End();
            return;
        }
        object? value = collected.Count == 1 ? collected[0] : collected.ToArray();
        SessionState.PSVariable.Set(Variable, value);
    }

    public void Dispose()
    {
        output?.Dispose();
        shell?.Dispose();
    }
}
