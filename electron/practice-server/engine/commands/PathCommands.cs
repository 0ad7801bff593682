using System.Management.Automation;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Location", DefaultParameterSetName = "Location")]
[OutputType(typeof(PathInfo))]
public sealed class GetLocationCommand : CoreCommandBase
{
    [Parameter(ParameterSetName = "Location", ValueFromPipelineByPropertyName = true)]
    public string[]? PSProvider { get; set; }

    [Parameter(ParameterSetName = "Location", ValueFromPipelineByPropertyName = true)]
    public string[]? PSDrive { get; set; }

    [Parameter(ParameterSetName = "Stack")]
    public SwitchParameter Stack { get; set; }

    [Parameter(ParameterSetName = "Stack", ValueFromPipelineByPropertyName = true)]
    public string[]? StackName { get; set; }

    protected override void ProcessRecord()
    {
        if (Stack || StackName is not null)
        {
            foreach (var name in StackName ?? [string.Empty]) WriteObject(SessionState.Path.LocationStack(name), enumerateCollection: true);
            return;
        }
        if (PSDrive is not null)
        {
            foreach (var name in PSDrive)
            {
                var drive = SessionState.Drive.Get(name);
                var root = drive.Name + ":" + System.IO.Path.DirectorySeparatorChar;
                WriteObject(drive.CurrentLocation.Length == 0 ? root : root + drive.CurrentLocation.TrimStart('/', '\\'));
            }
            return;
        }
        if (PSProvider is not null)
        {
            foreach (var name in PSProvider) WriteObject(SessionState.Path.CurrentProviderLocation(name));
            return;
        }
        WriteObject(SessionState.Path.CurrentLocation);
    }
}

[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = "Path")]
[OutputType(typeof(PathInfo), typeof(PathInfoStack))]
public sealed class SetLocationCommand : CoreCommandBase
{
    // Without a path, home.
    private string path = "~";

    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string Path { get => path; set => path = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get => path; set => path = value; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter(ParameterSetName = "Stack", ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    protected override bool WantsLiteral => IsLiteral;

    protected override void ProcessRecord()
    {
        object? result = null;
        ForEachPath([path], (target, context) =>
        {
            try
            {
                result = ParameterSetName == "Stack"
                    ? SessionState.Path.SetDefaultLocationStack(StackName)
                    : Reach.Call(SessionState.Path, "SetLocation", target, context, IsLiteral);
            }
            catch (PSArgumentException error)
            {
                WriteError(new ErrorRecord(error.ErrorRecord, error));
            }
        });
        if (PassThru && result is not null) WriteObject(result);
    }
}

[Cmdlet(VerbsCommon.Push, "Location", DefaultParameterSetName = "Path")]
[OutputType(typeof(PathInfo))]
public sealed class PushLocationCommand : CoreCommandBase
{
    private string path = string.Empty;

    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string Path { get => path; set => path = value; }

    [Parameter(ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get => path; set => path = value; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    protected override bool WantsLiteral => IsLiteral;

    protected override void ProcessRecord()
    {
        SessionState.Path.PushCurrentLocation(StackName);
        if (path.Length == 0) return;
        ForEachPath([path], (target, context) =>
        {
            var result = Reach.Call(SessionState.Path, "SetLocation", target, context);
            if (PassThru) WriteObject(result);
        });
    }
}

[Cmdlet(VerbsCommon.Pop, "Location")]
[OutputType(typeof(PathInfo))]
public sealed class PopLocationCommand : CoreCommandBase
{
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    protected override void ProcessRecord() => ForEachPath([string.Empty], (_, _) =>
    {
        var result = SessionState.Path.PopLocation(StackName);
        if (PassThru && result is not null) WriteObject(result);
    });
}

public enum TestPathType
{
    Any,
    Container,
    Leaf,
}

[Cmdlet(VerbsDiagnostic.Test, "Path", DefaultParameterSetName = "Path")]
[OutputType(typeof(bool))]
public sealed class TestPathCommand : CoreCommandBase
{
    private string[] paths = [];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter]
    public string? Filter { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter]
    [Alias("Type")]
    public TestPathType PathType { get; set; } = TestPathType.Any;

    [Parameter]
    public SwitchParameter IsValid { get; set; }

    protected override string? WantsFilter => Filter;
    protected override string[]? WantsInclude => Include;
    protected override string[]? WantsExclude => Exclude;
    protected override bool WantsLiteral => IsLiteral;

    protected override void ProcessRecord()
    {
        foreach (var path in paths ?? []) WriteObject(Test(path));
    }

    private bool Test(string? path)
    {
        if (string.IsNullOrWhiteSpace(path)) return false;
        try
        {
            var context = Context();
            if (IsValid) return (bool)Reach.Call(SessionState.Path, "IsValid", path, context)!;
            if (!(bool)Reach.Call(InvokeProvider.Item, "Exists", path, context)!) return false;
            if (PathType == TestPathType.Any) return true;
            var container = (bool)Reach.Call(InvokeProvider.Item, "IsContainer", path, Context())!;
            return container == (PathType == TestPathType.Container);
        }
        catch (Exception error) when (
            error is PSNotSupportedException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException or ItemNotFoundException)
        {
            return false;
        }
    }
}

[Cmdlet(VerbsDiagnostic.Resolve, "Path", DefaultParameterSetName = "Path")]
[OutputType(typeof(PathInfo), typeof(string))]
public sealed class ResolvePathCommand : CoreCommandBase
{
    private string[] paths = [];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    [Parameter]
    public SwitchParameter Relative { get; set; }

    protected override bool WantsLiteral => IsLiteral;

    protected override void ProcessRecord() => ForEachPath(paths, (path, context) =>
    {
        foreach (var found in ResolvePaths(path, context))
        {
            if (!Relative)
            {
                WriteObject(found);
                continue;
            }
            var relative = SessionState.Path.NormalizeRelativePath(found.Path, SessionState.Path.CurrentLocation.ProviderPath);
            WriteObject(relative.StartsWith('.') ? relative : System.IO.Path.Combine(".", relative));
        }
    });
}

[Cmdlet(VerbsData.Convert, "Path", DefaultParameterSetName = "Path")]
[OutputType(typeof(string))]
public sealed class ConvertPathCommand : CoreCommandBase
{
    private string[] paths = [];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get => paths; set => paths = value; }

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => paths; set => paths = value; }

    protected override bool WantsLiteral => IsLiteral;

    protected override void ProcessRecord() => ForEachPath(paths, (path, context) =>
    {
        foreach (var found in ResolvePaths(path, context)) WriteObject(found.ProviderPath);
    });
}

[Cmdlet(VerbsCommon.Join, "Path")]
[OutputType(typeof(string))]
public sealed class JoinPathCommand : CoreCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    public string[] Path { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string[] ChildPath { get; set; } = [];

    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true, ValueFromRemainingArguments = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] AdditionalChildPath { get; set; } = [];

    [Parameter]
    public SwitchParameter Resolve { get; set; }

    protected override void ProcessRecord() => ForEachPath(Path, (path, context) =>
    {
        var joined = path;
        foreach (var child in (ChildPath ?? []).Concat(AdditionalChildPath ?? []))
        {
            joined = (string)Reach.Call(SessionState.Path, "Combine", joined, child ?? string.Empty, context)!;
        }
        if (!Resolve)
        {
            WriteObject(joined);
            return;
        }
        foreach (var found in ResolvePaths(joined, context)) WriteObject(found.Path);
    });
}

[Cmdlet(VerbsCommon.Split, "Path", DefaultParameterSetName = "ParentSet")]
[OutputType(typeof(string), typeof(bool))]
public sealed class SplitPathCommand : CoreCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ParentSet", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "LeafSet", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "LeafBaseSet", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ExtensionSet", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "QualifierSet", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "NoQualifierSet", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "IsAbsoluteSet", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPathSet", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get => Path; set => Path = value; }

    [Parameter(ParameterSetName = "QualifierSet", Mandatory = true)]
    public SwitchParameter Qualifier { get; set; }

    [Parameter(ParameterSetName = "NoQualifierSet", Mandatory = true)]
    public SwitchParameter NoQualifier { get; set; }

    [Parameter(ParameterSetName = "ParentSet")]
    public SwitchParameter Parent { get; set; }

    [Parameter(ParameterSetName = "LeafSet", Mandatory = true)]
    public SwitchParameter Leaf { get; set; }

    [Parameter(ParameterSetName = "LeafBaseSet", Mandatory = true)]
    public SwitchParameter LeafBase { get; set; }

    [Parameter(ParameterSetName = "ExtensionSet", Mandatory = true)]
    public SwitchParameter Extension { get; set; }

    [Parameter(ParameterSetName = "IsAbsoluteSet", Mandatory = true)]
    public SwitchParameter IsAbsolute { get; set; }

    [Parameter]
    public SwitchParameter Resolve { get; set; }

    protected override void ProcessRecord() => ForEachPath(Path, (path, context) =>
    {
        var found = Resolve ? ResolvePaths(path, context).Select(info => info.Path).ToArray() : [path];
        foreach (var each in found) WriteObject(Split(each, context));
    });

    private object? Split(string path, object context)
    {
        string Name() => (string)Reach.Call(SessionState.Path, "ParseChildName", path, context)!;
        switch (ParameterSetName)
        {
            case "LeafSet":
                return Name();
            case "LeafBaseSet":
                return System.IO.Path.GetFileNameWithoutExtension(Name());
            case "ExtensionSet":
                return System.IO.Path.GetExtension(Name());
            case "IsAbsoluteSet":
                return SessionState.Path.IsPSAbsolute(path, out _) || path.StartsWith('/');
            case "QualifierSet" or "NoQualifierSet":
                var colon = path.IndexOf(':', StringComparison.Ordinal);
                if (ParameterSetName == "NoQualifierSet") return colon < 0 ? path : path[(colon + 1)..];
                if (colon >= 0) return path[..(colon + 1)];
                WriteError(new ErrorRecord(
                    new FormatException($"Cannot parse path because path '{path}' does not have a qualifier specified."),
                    "ParsePathFormatError", ErrorCategory.InvalidArgument, path));
                return null;
            default:
                return Reach.Call(SessionState.Path, "ParseParent", path, string.Empty, context, true);
        }
    }
}

[Cmdlet(VerbsCommon.Get, "PSDrive", DefaultParameterSetName = "Name")]
[OutputType(typeof(PSDriveInfo))]
public sealed class GetPSDriveCommand : CoreCommandBase
{
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = ["*"];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "LiteralName", ValueFromPipelineByPropertyName = true)]
    public string[]? LiteralName { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Scope { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? PSProvider { get; set; }

    protected override void ProcessRecord()
    {
        var all = Scope is null ? SessionState.Drive.GetAll() : SessionState.Drive.GetAllAtScope(Scope);
        foreach (var name in LiteralName ?? Name)
        {
            var pattern = LiteralName is null
                ? WildcardPattern.Get(name, WildcardOptions.IgnoreCase)
                : WildcardPattern.Get(WildcardPattern.Escape(name), WildcardOptions.IgnoreCase);
            var found = all
                .Where(drive => pattern.IsMatch(drive.Name))
                .Where(drive => PSProvider is null || PSProvider.Any(p => WildcardPattern.Get(p, WildcardOptions.IgnoreCase).IsMatch(drive.Provider.Name)))
                .OrderBy(drive => drive.Name, StringComparer.OrdinalIgnoreCase).ToArray();
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                var error = new System.Management.Automation.DriveNotFoundException(
                    $"Cannot find drive. A drive with the name '{name}' does not exist.");
                WriteError(new ErrorRecord(error, "GetLocationNoMatchingDrive", ErrorCategory.ObjectNotFound, name));
            }
            WriteObject(found, enumerateCollection: true);
        }
    }
}

[Cmdlet(VerbsCommon.New, "PSDrive", SupportsShouldProcess = true)]
[OutputType(typeof(PSDriveInfo))]
public sealed class NewPSDriveCommand : CoreCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = string.Empty;

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string PSProvider { get; set; } = string.Empty;

    [Parameter(Position = 2, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string Root { get; set; } = string.Empty;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Description { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Scope { get; set; }

    protected override void ProcessRecord() => ForEachPath([Name], (name, context) =>
    {
        var provider = SessionState.Provider.GetOne(PSProvider);
        if (!ShouldProcess($"Name: {name} Provider: {provider} Root: {Root}", "New drive")) return;
        var drive = new PSDriveInfo(name, provider, Root, Description ?? string.Empty, null);
        Reach.Call(SessionState.Drive, "New", drive, Scope, context);
    });
}

[Cmdlet(VerbsCommon.Remove, "PSDrive", DefaultParameterSetName = "Name", SupportsShouldProcess = true)]
public sealed class RemovePSDriveCommand : CoreCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Scope { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override bool WantsForce => Force;

    protected override void ProcessRecord() => ForEachPath(Name, (name, context) =>
    {
        if (ShouldProcess(name, "Remove Drive")) Reach.Call(SessionState.Drive, "Remove", name, (bool)Force, Scope, context);
    });
}

[Cmdlet(VerbsCommon.Get, "PSProvider")]
[OutputType(typeof(ProviderInfo))]
public sealed class GetPSProviderCommand : CoreCommandBase
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[] PSProvider { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        foreach (var name in PSProvider)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            WriteObject(SessionState.Provider.GetAll().Where(provider => pattern.IsMatch(provider.Name)), enumerateCollection: true);
        }
    }
}
