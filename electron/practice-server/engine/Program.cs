// The real PowerShell engine as an out-of-process PSRP server on stdin and stdout: what `pwsh -s` is, for machines without PowerShell.
//
//     dotnet engine.dll [--reduced] [--warm] [--configuration FILE]
//
// --reduced   put the modules beside this program on the module path: the engine's NuGet package has core commands only
// --warm      run some everyday commands in the background first, so that the first session finds them compiled
// --configuration   a session configuration file (.pssc) that says what a session may do, as `pwsh -ConfigurationFile`
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using PSDeck.Engine;

var reduced = args.Contains("--reduced");
UseEnglishFormats();
if (reduced)
{
    AddModules();
    ReplaceClearHost();
}
if (args.Contains("--warm")) WarmUp.Start(reduced);
var configuration = ValueOf("--configuration");
if (configuration is not null) LeaveOutMissingSnapIns();
RunServer(configuration);

// Without ICU every culture has the invariant formats, which nobody reads at home. These are PowerShell's under en-US.
static void UseEnglishFormats()
{
    var culture = new CultureInfo("en-US");
    var dates = culture.DateTimeFormat;
    dates.ShortDatePattern = "M/d/yyyy";
    dates.LongDatePattern = "dddd, MMMM d, yyyy";
    dates.ShortTimePattern = "h:mm tt";
    dates.LongTimePattern = "h:mm:ss tt";
    dates.FullDateTimePattern = "dddd, MMMM d, yyyy h:mm:ss tt";
    dates.FirstDayOfWeek = DayOfWeek.Sunday;
    culture.NumberFormat.CurrencySymbol = "$";
    culture.NumberFormat.CurrencyNegativePattern = 1;
    culture.NumberFormat.PercentPositivePattern = 1;
    culture.NumberFormat.PercentNegativePattern = 1;
    CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = culture;
    CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.CurrentUICulture = culture;
}

string? ValueOf(string option)
{
    var at = Array.IndexOf(args, option);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}

static void AddModules()
{
    var modules = Path.Combine(AppContext.BaseDirectory, "modules");
    var before = Environment.GetEnvironmentVariable("PSModulePath");
    Environment.SetEnvironmentVariable(
        "PSModulePath",
        string.IsNullOrEmpty(before) ? modules : modules + Path.PathSeparator + before);
}

// On Unix the engine's own Clear-Host runs the program `clear` on a console that a remote session has not got. This one asks the client to
// clear, as PowerShell does on Windows. (An initial command could define it too, but the server then reports that command's state to a
// client that never asked for it.)
static void ReplaceClearHost()
{
    const string text =
        "$ui = $Host.UI.RawUI; $ui.CursorPosition = [System.Management.Automation.Host.Coordinates]::new(0, 0); " +
        "$ui.SetBufferContents([System.Management.Automation.Host.Rectangle]::new(-1, -1, -1, -1), " +
        "[System.Management.Automation.Host.BufferCell]::new(' ', $ui.ForegroundColor, $ui.BackgroundColor, 'Complete'))";
    var members = typeof(InitialSessionState).GetMember("BuiltInFunctions", BindingFlags.Static | BindingFlags.NonPublic);
    var functions = (members.FirstOrDefault() switch
    {
        FieldInfo field => field.GetValue(null),
        PropertyInfo property => property.GetValue(null),
        _ => null,
    }) as SessionStateFunctionEntry[] ?? [];
    var at = Array.FindIndex(functions, function => function.Name == "Clear-Host");
    if (at >= 0) functions[at] = new SessionStateFunctionEntry("Clear-Host", text);
}

// A session configuration file begins with every snap-in that PowerShell ships. Only the engine's own is here; the others would fail to load.
static void LeaveOutMissingSnapIns()
{
    const BindingFlags any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
    var engine = typeof(PowerShell).Assembly;
    var snapIns = engine.GetType("System.Management.Automation.PSSnapInReader")?.GetProperty("DefaultMshSnapins", any)
        ?.GetValue(null) as System.Collections.IList;
    foreach (var snapIn in snapIns?.Cast<object>().ToArray() ?? [])
    {
        var assembly = snapIn.GetType().GetField("AssemblyName", any)?.GetValue(snapIn) as string;
        if (assembly != engine.GetName().Name) snapIns?.Remove(snapIn);
    }
}

// The mediator is internal, hence the reflection. RemoteSessionNamedPipeServer.CreateCustomNamedPipeServer is the public way to the same
// over a named pipe, which would need a rendezvous that a pair of pipes does not.
static void RunServer(string? configurationFile)
{
    const string name = "System.Management.Automation.Remoting.Server.StdIOProcessMediator";
    var run = typeof(PowerShell).Assembly.GetType(name, throwOnError: true)!
        .GetMethod("Run", BindingFlags.Static | BindingFlags.NonPublic)
        ?? throw new MissingMethodException(name, "Run");
    var values = run.GetParameters().Select(parameter =>
        parameter.Name == "initialCommand" ? string.Empty
        : parameter.Name == "configurationFile" ? configurationFile
        : parameter.ParameterType == typeof(bool) ? (object?)false
        : null);
    run.Invoke(null, values.ToArray());
}
