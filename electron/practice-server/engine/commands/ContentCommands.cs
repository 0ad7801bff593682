using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

public abstract class ContentCommandBase : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }
}

[Cmdlet(VerbsCommon.Get, "Content", DefaultParameterSetName = "Path")]
[OutputType(typeof(string), typeof(byte))]
public sealed class GetContentCommand : ContentCommandBase
{
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long ReadCount { get; set; } = 1;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("First", "Head")]
    [ValidateRange(0, long.MaxValue)]
    public long TotalCount { get; set; } = -1;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Last")]
    [ValidateRange(0, int.MaxValue)]
    public int Tail { get; set; } = -1;

    protected override object? DynamicParameters(object context) => Reach.Call(
        InvokeProvider.Content, "GetContentReaderDynamicParameters", paths is { Length: > 0 } ? paths[0] : ".", context);

    protected override void ProcessRecord()
    {
        if (Tail >= 0 && TotalCount >= 0)
        {
            ThrowTerminatingError(new ErrorRecord(
                new InvalidOperationException("The parameters TotalCount and Tail cannot be used together. Please specify only one parameter."),
                "TailAndHeadCannotCoexist", ErrorCategory.InvalidOperation, null));
        }
        ForEachPath(paths, (path, context) =>
        {
            foreach (var found in ResolvePaths(path, context).ToArray())
            {
                var origin = new Origin(
                    $"{found.Provider.ModuleName}\\{found.Provider.Name}::{found.ProviderPath}",
                    SessionState.Path.ParseParent(found.Path, string.Empty), SessionState.Path.ParseChildName(found.Path),
                    found.Drive, found.Provider);
                var literal = Context();
                Reach.Set(literal, "SuppressWildcardExpansion", true);
                foreach (var reader in (IEnumerable<IContentReader>)Reach.Call(InvokeProvider.Content, "GetReader", found.Path, literal)!)
                {
                    using (reader) Read(reader, found.Path, origin);
                }
            }
        });
    }

    private void Read(IContentReader reader, string path, Origin from)
    {
        try
        {
            if (Tail >= 0) ReadTail(reader, from);
            else ReadForward(reader, from);
        }
        catch (Exception error) when (error is IOException or ArgumentException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(error, "GetContentReaderIOError", ErrorCategory.ReadError, path));
        }
        finally
        {
            reader.Close();
        }
    }

    private void ReadForward(IContentReader reader, Origin from)
    {
        long count = 0;
        // ReadCount 0 means everything in one piece; the provider calls that "all that is left".
        while (!Stopping && count != TotalCount)
        {
            var wanted = ReadCount <= 0 ? TotalCount : ReadCount;
            if (TotalCount >= 0 && wanted > TotalCount - count) wanted = TotalCount - count;
            var block = reader.Read(wanted < 0 ? 0 : wanted);
            if (block is null || block.Count == 0) return;
            count += block.Count;
            Write(block, count, from);
        }
    }

    private void ReadTail(IContentReader reader, Origin from)
    {
        var last = new Queue<object?>();
        long count = 0;
        while (!Stopping && reader.Read(1024) is { Count: > 0 } block)
        {
            foreach (var item in block)
            {
                count++;
                last.Enqueue(item);
                if (last.Count > Tail) last.Dequeue();
            }
        }
        var number = count - last.Count;
        foreach (var item in last) Write(new[] { item }, ++number, from);
    }

    private void Write(IList block, long count, Origin from)
    {
        var result = PSObject.AsPSObject(block.Count == 1 ? block[0] ?? string.Empty : block.Cast<object?>().ToArray());
        result.Properties.Add(new PSNoteProperty("PSPath", from.Path), true);
        result.Properties.Add(new PSNoteProperty("PSParentPath", from.Parent), true);
        result.Properties.Add(new PSNoteProperty("PSChildName", from.Name), true);
        if (from.Drive is not null) result.Properties.Add(new PSNoteProperty("PSDrive", from.Drive), true);
        result.Properties.Add(new PSNoteProperty("PSProvider", from.Provider), true);
        result.Properties.Add(new PSNoteProperty("ReadCount", count), true);
        WriteObject(result);
    }

    /// <summary>Where a line comes from; worked out once a file.</summary>
    private sealed record Origin(string Path, string Parent, string Name, PSDriveInfo? Drive, ProviderInfo Provider);
}

public abstract class WriteContentCommandBase : ContentCommandBase, IDisposable
{
    private readonly List<IContentWriter> writers = [];
    private bool opened;

    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public object[]? Value { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override bool? WantsPassThru => PassThru;

    protected override object? DynamicParameters(object context) => Reach.Call(
        InvokeProvider.Content, "GetContentWriterDynamicParameters", paths is { Length: > 0 } ? paths[0] : ".", context);

    /// <summary>Before the first write: empty the file, or go to its end.</summary>
    protected abstract void Prepare(string path, object context);

    protected abstract void Position(IContentWriter writer);

    protected override void ProcessRecord()
    {
        if (!opened)
        {
            opened = true;
            ForEachPath(paths, (path, context) =>
            {
                if (!ShouldProcess(path)) return;
                Prepare(path, context);
                foreach (var writer in (IEnumerable<IContentWriter>)Reach.Call(InvokeProvider.Content, "GetWriter", path, Context())!)
                {
                    Position(writer);
                    writers.Add(writer);
                }
            });
        }
        if (Value is null) return;
        foreach (var writer in writers)
        {
            try
            {
                writer.Write(Value);
            }
            catch (Exception error) when (error is IOException or ArgumentException)
            {
                WriteError(new ErrorRecord(error, "GetContentWriterIOError", ErrorCategory.WriteError, paths));
            }
        }
        if (PassThru) WriteObject(Value, enumerateCollection: true);
    }

    protected override void EndProcessing() => Dispose();

    public void Dispose()
    {
        foreach (var writer in writers)
        {
            writer.Close();
            writer.Dispose();
        }
        writers.Clear();
        GC.SuppressFinalize(this);
    }
}

[Cmdlet(VerbsCommon.Set, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class SetContentCommand : WriteContentCommandBase
{
    protected override void Prepare(string path, object context)
    {
        try
        {
            Reach.Call(InvokeProvider.Content, "Clear", path, context);
        }
        catch (ItemNotFoundException)
        {
            // The writer makes it.
        }
    }

    protected override void Position(IContentWriter writer)
    {
    }
}

[Cmdlet(VerbsCommon.Add, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class AddContentCommand : WriteContentCommandBase
{
    protected override void Prepare(string path, object context)
    {
    }

    protected override void Position(IContentWriter writer) => writer.Seek(0, SeekOrigin.End);
}

[Cmdlet(VerbsCommon.Clear, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class ClearContentCommand : ContentCommandBase
{
    protected override void ProcessRecord() => ForEachPath(paths, (path, context) =>
    {
        if (ShouldProcess(path)) Reach.Call(InvokeProvider.Content, "Clear", path, context);
    });
}
