using System.Management.Automation;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

/// <summary>What every command on a provider's items shares: the context it hands to the provider, and how failures become error records.</summary>
public abstract class CoreCommandBase : PSCmdlet, IDynamicParameters
{
    private readonly List<object> contexts = [];
    private object? dynamicParameters;

    protected virtual bool WantsForce => false;
    protected virtual string? WantsFilter => null;
    protected virtual string[]? WantsInclude => null;
    protected virtual string[]? WantsExclude => null;
    protected virtual bool WantsLiteral => false;
    /// <summary>Null: what the provider makes is the result. Else only with -PassThru.</summary>
    protected virtual bool? WantsPassThru => null;

    public object? GetDynamicParameters()
    {
        // A path that does not resolve has no provider to ask; the command itself reports it when it runs.
        try
        {
            dynamicParameters = DynamicParameters(Context());
        }
        catch (RuntimeException)
        {
            dynamicParameters = null;
        }
        return dynamicParameters;
    }

    protected virtual object? DynamicParameters(object context) => null;

    protected object Context()
    {
        var context = Reach.New("System.Management.Automation.CmdletProviderContext", this, PSCredential.Empty);
        Reach.Set(context, "Force", new SwitchParameter(WantsForce));
        Reach.Set(context, "SuppressWildcardExpansion", WantsLiteral);
        if (WantsPassThru is { } passThru) Reach.Set(context, "PassThru", passThru);
        Reach.Set(context, "DynamicParameters", dynamicParameters);
        if (WantsInclude is not null || WantsExclude is not null || WantsFilter is not null)
        {
            Reach.Call(context, "SetFilters", ToCollection(WantsInclude), ToCollection(WantsExclude), WantsFilter);
        }
        lock (contexts) contexts.Add(context);
        return context;
    }

    private static System.Collections.ObjectModel.Collection<string> ToCollection(string[]? texts) => new(texts ?? []);

    protected override void StopProcessing()
    {
        lock (contexts)
        {
            foreach (var context in contexts) Reach.Call(context, "StopProcessing");
        }
    }

    /// <summary>Do something for each path; a path that fails becomes an error and the others go on.</summary>
    protected void ForEachPath(string[] paths, Action<string, object> action)
    {
        foreach (var path in paths)
        {
            try
            {
                action(path, Context());
            }
            catch (Exception error) when (
                error is PSNotSupportedException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException or ItemNotFoundException)
            {
                WriteError(new ErrorRecord(((IContainsErrorRecord)error).ErrorRecord, error));
            }
        }
    }

    protected bool IsLiteral => ParameterSetName.StartsWith("Literal", StringComparison.Ordinal);

    /// <summary>-Credential is declared where PowerShell declares it; no provider here supports it.</summary>
    protected IEnumerable<PathInfo> ResolvePaths(string path, object context) =>
        (IEnumerable<PathInfo>)Reach.Call(SessionState.Path, "GetResolvedPSPathFromPSPath", path, context)!;
}

/// <summary>A command with -Path or -LiteralPath, -Filter, -Include, -Exclude and -Force.</summary>
public abstract class ItemCommandBase : CoreCommandBase
{
    protected string[] paths = [];

    [Parameter]
    public string? Filter { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override bool WantsForce => Force;
    protected override string? WantsFilter => Filter;
    protected override string[]? WantsInclude => Include;
    protected override string[]? WantsExclude => Exclude;
    protected override bool WantsLiteral => IsLiteral;
}

[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = "Items")]
[OutputType(typeof(FileInfo), typeof(DirectoryInfo))]
public sealed class GetChildItemCommand : CoreCommandBase
{
    private string[]? paths;

    [Parameter(Position = 0, ParameterSetName = "Items", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[]? Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralItems", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[]? LiteralPath { get => paths; set => paths = value; }

    [Parameter(Position = 1)]
    public string? Filter { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter]
    [Alias("s", "r")]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public uint Depth { get; set; } = uint.MaxValue;

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter Name { get; set; }

    protected override bool WantsForce => Force;
    protected override string? WantsFilter => Filter;
    protected override string[]? WantsInclude => Include;
    protected override string[]? WantsExclude => Exclude;
    protected override bool WantsLiteral => IsLiteral;

    private bool Deep => Recurse || MyInvocation.BoundParameters.ContainsKey(nameof(Depth));

    protected override object? DynamicParameters(object context)
    {
        var path = paths is { Length: > 0 } ? paths[0] : ".";
        return Name
            ? Reach.Call(InvokeProvider.ChildItem, "GetChildNamesDynamicParameters", path, context)
            : Reach.Call(InvokeProvider.ChildItem, "GetChildItemsDynamicParameters", path, Deep, context);
    }

    protected override void ProcessRecord() => ForEachPath(paths is { Length: > 0 } ? paths : [string.Empty], (path, context) =>
    {
        if (Name)
        {
            Reach.Call(InvokeProvider.ChildItem, "GetNames", path, ReturnContainers.ReturnMatchingContainers, Deep, Depth, context);
        }
        else
        {
            Reach.Call(InvokeProvider.ChildItem, "Get", path, Deep, Depth, context);
        }
    });
}

[Cmdlet(VerbsCommon.Get, "Item", DefaultParameterSetName = "Path")]
[OutputType(typeof(FileInfo), typeof(DirectoryInfo))]
public sealed class GetItemCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    protected override object? DynamicParameters(object context) =>
        Reach.Call(InvokeProvider.Item, "GetItemDynamicParameters", paths is { Length: > 0 } ? paths[0] : ".", context);

    protected override void ProcessRecord() =>
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Item, "Get", path, context));
}

[Cmdlet(VerbsCommon.Set, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class SetItemCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override bool? WantsPassThru => PassThru;

    protected override void ProcessRecord() =>
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Item, "Set", path, Value, context));
}

[Cmdlet(VerbsCommon.Clear, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class ClearItemCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    protected override void ProcessRecord() =>
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Item, "Clear", path, context));
}

[Cmdlet(VerbsCommon.New, "Item", DefaultParameterSetName = "pathSet", SupportsShouldProcess = true)]
public sealed class NewItemCommand : CoreCommandBase
{
    [Parameter(Position = 0, ParameterSetName = "pathSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "nameSet", ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(ParameterSetName = "nameSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Name { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Type")]
    [ArgumentCompletions("File", "Directory", "SymbolicLink", "Junction", "HardLink")]
    public string? ItemType { get; set; }

    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Target")]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override bool WantsForce => Force;

    protected override object? DynamicParameters(object context) => Reach.Call(
        InvokeProvider.Item, "NewItemDynamicParameters", Path is { Length: > 0 } ? Path[0] : ".", ItemType ?? string.Empty, Value, context);

    protected override void ProcessRecord() => ForEachPath(
        Path is { Length: > 0 } ? Path : [string.Empty],
        (path, context) => Reach.Call(InvokeProvider.Item, "New", path, Name, ItemType, Value, context));
}

[Cmdlet(VerbsCommon.Remove, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class RemoveItemCommand : ItemCommandBase
{
    private bool yesToAll;
    private bool noToAll;

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    protected override object? DynamicParameters(object context) => Reach.Call(
        InvokeProvider.Item, "RemoveItemDynamicParameters", paths is { Length: > 0 } ? paths[0] : ".", (bool)Recurse, context);

    protected override void ProcessRecord() => ForEachPath(paths, (path, context) =>
    {
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Include)) || Exclude is not null || Filter is not null)
        {
            // With filters the engine resolves the children itself.
            Reach.Call(InvokeProvider.Item, "Remove", path, (bool)Recurse, context);
            return;
        }
        foreach (var found in ResolvePaths(path, context).ToArray()) Remove(found);
    });

    private void Remove(PathInfo found)
    {
        var context = Context();
        Reach.Set(context, "SuppressWildcardExpansion", true);
        if (!Recurse && (bool)Reach.Call(InvokeProvider.ChildItem, "HasChild", found.Path, context)!)
        {
            var query = $"The item at {found.Path} has children and the Recurse parameter was not specified. If you continue, all " +
                "children will be removed with the item. Are you sure you want to continue?";
            if (!ShouldContinue(query, null, ref yesToAll, ref noToAll)) return;
            Reach.Call(InvokeProvider.Item, "Remove", found.Path, true, context);
            return;
        }
        Reach.Call(InvokeProvider.Item, "Remove", found.Path, (bool)Recurse, context);
    }
}

[Cmdlet(VerbsCommon.Copy, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class CopyItemCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    public string Destination { get; set; } = string.Empty;

    [Parameter]
    public SwitchParameter Container { get; set; } = true;

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override bool? WantsPassThru => PassThru;

    protected override object? DynamicParameters(object context) => Reach.Call(
        InvokeProvider.Item, "CopyItemDynamicParameters", paths is { Length: > 0 } ? paths[0] : ".", Destination, (bool)Recurse, context);

    protected override void ProcessRecord()
    {
        var containers = Container ? CopyContainers.CopyTargetContainer : CopyContainers.CopyChildrenOfTargetContainer;
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Item, "Copy", path, Destination, (bool)Recurse, containers, context));
    }
}

[Cmdlet(VerbsCommon.Move, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class MoveItemCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    public string Destination { get; set; } = ".";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override bool? WantsPassThru => PassThru;

    protected override void ProcessRecord() =>
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Item, "Move", path, Destination, context));
}

[Cmdlet(VerbsCommon.Rename, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "ByPath")]
public sealed class RenameItemCommand : CoreCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "ByPath")]
    public string? Path { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralPath")]
    [Alias("PSPath", "LP")]
    public string? LiteralPath { get; set; }

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string NewName { get; set; } = string.Empty;

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override bool WantsForce => Force;
    protected override bool? WantsPassThru => PassThru;
    protected override bool WantsLiteral => IsLiteral;

    protected override void ProcessRecord() => ForEachPath(
        [LiteralPath ?? Path ?? string.Empty],
        (path, context) => Reach.Call(InvokeProvider.Item, "Rename", path, NewName, context));
}

[Cmdlet(VerbsLifecycle.Invoke, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class InvokeItemCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    protected override void ProcessRecord() =>
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Item, "Invoke", path, context));
}

[Cmdlet(VerbsCommon.Get, "ItemProperty", DefaultParameterSetName = "Path")]
public sealed class GetItemPropertyCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter(Position = 1)]
    [Alias("PSProperty")]
    public string[]? Name { get; set; }

    protected override void ProcessRecord()
    {
        var names = Name is null ? null : new System.Collections.ObjectModel.Collection<string>(Name);
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Property, "Get", path, names, context));
    }
}

[Cmdlet(VerbsCommon.Set, "ItemProperty", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
public sealed class SetItemPropertyCommand : ItemCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter(Position = 1, Mandatory = true)]
    [Alias("PSProperty")]
    public string Name { get; set; } = string.Empty;

    [Parameter(Position = 2, Mandatory = true)]
    [AllowNull]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override bool? WantsPassThru => PassThru;

    protected override void ProcessRecord()
    {
        var properties = new PSObject();
        properties.Properties.Add(new PSNoteProperty(Name, Value));
        ForEachPath(paths, (path, context) => Reach.Call(InvokeProvider.Property, "Set", path, properties, context));
    }
}
