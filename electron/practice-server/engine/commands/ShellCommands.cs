using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsLifecycle.Wait, "Debugger")]
public sealed class WaitDebuggerCommand : PSCmdlet
{
    protected override void EndProcessing()
    {
        if (Runspace.DefaultRunspace.Debugger is { } debugger) Reach.Call(debugger, "Break", [null]);
    }
}

[Cmdlet(VerbsCommon.Get, "PSCallStack")]
[OutputType(typeof(CallStackFrame))]
public sealed class GetPSCallStackCommand : PSCmdlet
{
    protected override void ProcessRecord()
    {
        if (Runspace.DefaultRunspace.Debugger is { } debugger) WriteObject(debugger.GetCallStack(), enumerateCollection: true);
    }
}

[Cmdlet(VerbsCommon.Get, "Verb")]
[OutputType(typeof(VerbInfo))]
public sealed class GetVerbCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Verb { get; set; } = ["*"];

    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Common", "Communications", "Data", "Diagnostic", "Lifecycle", "Other", "Security")]
    public string[]? Group { get; set; }

    protected override void ProcessRecord()
    {
        Type[] groups =
        [
            typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic), typeof(VerbsLifecycle),
            typeof(VerbsOther), typeof(VerbsSecurity),
        ];
        var patterns = Verb.Select(verb => WildcardPattern.Get(verb, WildcardOptions.IgnoreCase)).ToArray();
        foreach (var type in groups)
        {
            var group = type.Name["Verbs".Length..];
            if (Group is not null && !Group.Contains(group, StringComparer.OrdinalIgnoreCase)) continue;
            var names = type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => field.Name);
            foreach (var name in names.Where(name => patterns.Any(pattern => pattern.IsMatch(name))).Order(StringComparer.OrdinalIgnoreCase))
            {
                var verb = (VerbInfo)Reach.New("System.Management.Automation.VerbInfo");
                Reach.Set(verb, "Verb", name);
                Reach.Set(verb, "Group", group);
                WriteObject(verb);
            }
        }
    }
}

[Cmdlet(VerbsCommon.Get, "TimeZone", DefaultParameterSetName = "Name")]
[OutputType(typeof(TimeZoneInfo))]
public sealed class GetTimeZoneCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    public string[]? Name { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
    public string[]? Id { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "ListAvailable")]
    public SwitchParameter ListAvailable { get; set; }

    protected override void ProcessRecord()
    {
        if (Name is null && Id is null && !ListAvailable)
        {
            WriteObject(TimeZoneInfo.Local);
            return;
        }
        var patterns = (Name ?? Id ?? ["*"]).Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToArray();
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones())
        {
            var text = Id is null ? zone.StandardName : zone.Id;
            if (ListAvailable || patterns.Any(pattern => pattern.IsMatch(text))) WriteObject(zone);
        }
    }
}

[Cmdlet(VerbsLifecycle.Start, "Process", SupportsShouldProcess = true)]
[OutputType(typeof(Process))]
public sealed class StartProcessCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "Path")]
    public string FilePath { get; set; } = string.Empty;

    [Parameter(Position = 1)]
    [Alias("Args")]
    public string[] ArgumentList { get; set; } = [];

    [Parameter]
    public string? WorkingDirectory { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public SwitchParameter Wait { get; set; }

    protected override void BeginProcessing()
    {
        var found = InvokeCommand.GetCommand(FilePath, CommandTypes.Application) as ApplicationInfo;
        var file = found?.Path ?? SessionState.Path.GetUnresolvedProviderPathFromPSPath(FilePath);
        if (!ShouldProcess(file)) return;
        // Its output goes nowhere: what it inherited would be the pipe that remoting runs over.
        var start = new ProcessStartInfo(file, string.Join(' ', ArgumentList))
        {
            WorkingDirectory = WorkingDirectory is null
                ? SessionState.Path.CurrentFileSystemLocation.ProviderPath
                : SessionState.Path.GetUnresolvedProviderPathFromPSPath(WorkingDirectory),
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (PassThru) WriteObject(process);
            while (Wait && !Stopping && !process.WaitForExit(100))
            {
            }
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            ThrowTerminatingError(new ErrorRecord(
                new InvalidOperationException($"This command cannot be run due to the error: {error.Message}", error),
                "InvalidOperationException", ErrorCategory.InvalidOperation, null));
        }
    }
}
