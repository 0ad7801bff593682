using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

public enum DisplayHintType
{
    Date = 0,
    Time = 1,
    DateTime = 2,
}

[Cmdlet(VerbsCommon.Get, "Date", DefaultParameterSetName = "DateAndFormat")]
[OutputType(typeof(DateTime), typeof(string))]
public sealed class GetDateCommand : PSCmdlet
{
    [Parameter(ParameterSetName = "DateAndFormat", Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "DateAndUFormat", Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LastWriteTime")]
    public DateTime Date { get; set; }

    [Parameter(ParameterSetName = "UnixTimeSecondsAndFormat", Mandatory = true)]
    [Parameter(ParameterSetName = "UnixTimeSecondsAndUFormat", Mandatory = true)]
    [Alias("UnixTime")]
    public long UnixTimeSeconds { get; set; }

    [Parameter]
    [ValidateRange(1, 9999)]
    public int Year { get; set; }

    [Parameter]
    [ValidateRange(1, 12)]
    public int Month { get; set; }

    [Parameter]
    [ValidateRange(1, 31)]
    public int Day { get; set; }

    [Parameter]
    [ValidateRange(0, 23)]
    public int Hour { get; set; }

    [Parameter]
    [ValidateRange(0, 59)]
    public int Minute { get; set; }

    [Parameter]
    [ValidateRange(0, 59)]
    public int Second { get; set; }

    [Parameter]
    [ValidateRange(0, 999)]
    public int Millisecond { get; set; }

    [Parameter]
    public DisplayHintType DisplayHint { get; set; } = DisplayHintType.DateTime;

    [Parameter(ParameterSetName = "DateAndUFormat", Mandatory = true)]
    [Parameter(ParameterSetName = "UnixTimeSecondsAndUFormat", Mandatory = true)]
    public string? UFormat { get; set; }

    [Parameter(ParameterSetName = "DateAndFormat")]
    [Parameter(ParameterSetName = "UnixTimeSecondsAndFormat")]
    [ArgumentCompletions("FileDate", "FileDateUniversal", "FileDateTime", "FileDateTimeUniversal")]
    public string? Format { get; set; }

    [Parameter]
    public SwitchParameter AsUTC { get; set; }

    private bool Has(string name) => MyInvocation.BoundParameters.ContainsKey(name);

    protected override void ProcessRecord()
    {
        var date = Has(nameof(UnixTimeSeconds)) ? DateTimeOffset.FromUnixTimeSeconds(UnixTimeSeconds).LocalDateTime
            : Has(nameof(Date)) ? Date
            : DateTime.Now;
        if (Has(nameof(Year))) date = date.AddYears(Year - date.Year);
        if (Has(nameof(Month))) date = date.AddMonths(Month - date.Month);
        if (Has(nameof(Day))) date = date.AddDays(Day - date.Day);
        if (Has(nameof(Hour))) date = date.AddHours(Hour - date.Hour);
        if (Has(nameof(Minute))) date = date.AddMinutes(Minute - date.Minute);
        if (Has(nameof(Second))) date = date.AddSeconds(Second - date.Second);
        if (Has(nameof(Millisecond)))
        {
            date = date.AddMilliseconds(Millisecond - date.Millisecond);
            date = date.AddTicks(-(date.Ticks % TimeSpan.TicksPerMillisecond));
        }
        if (AsUTC) date = date.ToUniversalTime();
        if (UFormat is not null) WriteObject(UnixFormat.Apply(UFormat, date));
        else if (Format is not null) WriteObject(Formatted(date));
        else
        {
            var result = new PSObject(date);
            result.Properties.Add(new PSNoteProperty("DisplayHint", DisplayHint));
            WriteObject(result);
        }
    }

    private string Formatted(DateTime date) => Format!.ToLowerInvariant() switch
    {
        "filedate" => date.ToString("yyyyMMdd", CultureInfo.CurrentCulture),
        "filedateuniversal" => date.ToUniversalTime().ToString("yyyyMMddZ", CultureInfo.CurrentCulture),
        "filedatetime" => date.ToString("yyyyMMddTHHmmssffff", CultureInfo.CurrentCulture),
        "filedatetimeuniversal" => date.ToUniversalTime().ToString("yyyyMMddTHHmmssffffZ", CultureInfo.CurrentCulture),
        _ => date.ToString(Format, CultureInfo.CurrentCulture),
    };
}

/// <summary>The letters of strftime that Get-Date -UFormat takes.</summary>
internal static class UnixFormat
{
    public static string Apply(string format, DateTime date)
    {
        var result = new System.Text.StringBuilder();
        var from = format.StartsWith('+') ? 1 : 0;
        for (var i = from; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length) result.Append(format[i]);
            else result.Append(Letter(format[++i], date));
        }
        return result.ToString();
    }

    private static string Letter(char letter, DateTime date)
    {
        string In(string pattern) => date.ToString(pattern, CultureInfo.CurrentCulture);
        return letter switch
        {
            'A' => In("dddd"),
            'a' => In("ddd"),
            'B' => In("MMMM"),
            'b' or 'h' => In("MMM"),
            'C' => (date.Year / 100).ToString("00", CultureInfo.InvariantCulture),
            'c' => In("ddd dd MMM yyyy HH:mm:ss"),
            'D' or 'x' => In("MM/dd/yy"),
            'd' => In("dd"),
            'e' => In("%d").PadLeft(2),
            'F' => In("yyyy-MM-dd"),
            'G' => ISOWeek.GetYear(date).ToString(CultureInfo.InvariantCulture),
            'g' => (ISOWeek.GetYear(date) % 100).ToString("00", CultureInfo.InvariantCulture),
            'H' => In("HH"),
            'I' => In("hh"),
            'j' => date.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'k' => In("%H").PadLeft(2),
            'l' => In("%h").PadLeft(2),
            'M' => In("mm"),
            'm' => In("MM"),
            'n' => "\n",
            'p' => In("tt"),
            'R' => In("HH:mm"),
            'r' => In("hh:mm:ss tt"),
            'S' => In("ss"),
            's' => new DateTimeOffset(date).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            'T' or 'X' => In("HH:mm:ss"),
            't' => "\t",
            'U' or 'W' => (date.DayOfYear / 7).ToString(CultureInfo.InvariantCulture),
            'u' => (date.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)date.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'V' => ISOWeek.GetWeekOfYear(date).ToString("00", CultureInfo.InvariantCulture),
            'w' => ((int)date.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'Y' => In("yyyy"),
            'y' => In("yy"),
            'Z' => In("zz"),
            _ => letter.ToString(),
        };
    }
}

[Cmdlet(VerbsCommon.New, "TimeSpan", DefaultParameterSetName = "Date")]
[OutputType(typeof(TimeSpan))]
public sealed class NewTimeSpanCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Date")]
    [Alias("LastWriteTime")]
    public DateTime Start { get; set; } = DateTime.Now;

    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = "Date")]
    public DateTime End { get; set; } = DateTime.Now;

    [Parameter(ParameterSetName = "Time")]
    public int Days { get; set; }

    [Parameter(ParameterSetName = "Time")]
    public int Hours { get; set; }

    [Parameter(ParameterSetName = "Time")]
    public int Minutes { get; set; }

    [Parameter(ParameterSetName = "Time")]
    public int Seconds { get; set; }

    [Parameter(ParameterSetName = "Time")]
    public int Milliseconds { get; set; }

    protected override void ProcessRecord() =>
        WriteObject(ParameterSetName == "Date" ? End - Start : new TimeSpan(Days, Hours, Minutes, Seconds, Milliseconds));
}

public class ProcessCommandException : SystemException
{
    public ProcessCommandException()
    {
    }

    public ProcessCommandException(string message) : base(message)
    {
    }

    public ProcessCommandException(string message, Exception inner) : base(message, inner)
    {
    }
}

public abstract class ProcessBaseCommand : PSCmdlet
{
    private protected string[]? names;

    [Parameter(ParameterSetName = "Id", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PID")]
    public int[] Id { get; set; } = [];

    [Parameter(ParameterSetName = "InputObject", Mandatory = true, ValueFromPipeline = true)]
    public Process[] InputObject { get; set; } = [];

    private protected IEnumerable<Process> Matching()
    {
        if (ParameterSetName.StartsWith("Id", StringComparison.Ordinal)) return Id.Select(ById).OfType<Process>();
        if (ParameterSetName.StartsWith("InputObject", StringComparison.Ordinal)) return InputObject;
        var all = Process.GetProcesses();
        return (names ?? ["*"]).SelectMany(name => ByName(all, name)).DistinctBy(process => process.Id)
            .OrderBy(NameOf, StringComparer.OrdinalIgnoreCase).ThenBy(process => process.Id);
    }

    private Process? ById(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            Missing($"Cannot find a process with the process identifier {id}.", "NoProcessFoundForGivenId", id);
            return null;
        }
    }

    private IEnumerable<Process> ByName(Process[] all, string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        var found = all.Where(process => pattern.IsMatch(NameOf(process))).ToArray();
        if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
        {
            Missing(
                $"Cannot find a process with the name \"{name}\". Verify the process name and call the cmdlet again.",
                "NoProcessFoundForGivenName", name);
        }
        return found;
    }

    private void Missing(string message, string id, object target) =>
        WriteError(new ErrorRecord(new ProcessCommandException(message), id, ErrorCategory.ObjectNotFound, target));

    private protected static string NameOf(Process process)
    {
        try
        {
            return process.ProcessName;
        }
        catch (InvalidOperationException)
        {
            // Gone between the listing and the look.
            return string.Empty;
        }
    }
}

[Cmdlet(VerbsCommon.Get, "Process", DefaultParameterSetName = "Name")]
[OutputType(typeof(Process))]
public sealed class GetProcessCommand : ProcessBaseCommand
{
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get => names; set => names = value; }

    [Parameter]
    public SwitchParameter Module { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var process in Matching())
        {
            if (!Module)
            {
                WriteObject(process);
                continue;
            }
            try
            {
                WriteObject(process.Modules, enumerateCollection: true);
            }
            catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                WriteError(new ErrorRecord(error, "CouldnotEnumerateModules", ErrorCategory.PermissionDenied, process));
            }
        }
    }
}

[Cmdlet(VerbsLifecycle.Stop, "Process", DefaultParameterSetName = "Id", SupportsShouldProcess = true)]
[OutputType(typeof(Process))]
public sealed class StopProcessCommand : ProcessBaseCommand
{
    [Parameter(ParameterSetName = "Name", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    public string[]? Name { get => names; set => names = value; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var process in Matching())
        {
            if (!ShouldProcess($"{NameOf(process)} ({process.Id})")) continue;
            try
            {
                process.Kill();
            }
            catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                WriteError(new ErrorRecord(
                    new ProcessCommandException($"Cannot stop process \"{NameOf(process)} ({process.Id})\" because of the following error: {error.Message}", error),
                    "CouldNotStopProcess", ErrorCategory.CloseError, process));
                continue;
            }
            if (PassThru) WriteObject(process);
        }
    }
}

[Cmdlet(VerbsLifecycle.Wait, "Process", DefaultParameterSetName = "Name")]
public sealed class WaitProcessCommand : ProcessBaseCommand
{
    [Parameter(Position = 0, ParameterSetName = "Name", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    public string[]? Name { get => names; set => names = value; }

    [Parameter(Position = 1)]
    [ValidateRange(0, 32767)]
    public int Timeout { get; set; } = -1;

    protected override void ProcessRecord()
    {
        var end = Timeout < 0 ? DateTime.MaxValue : DateTime.UtcNow.AddSeconds(Timeout);
        foreach (var process in Matching())
        {
            // Waited for in pieces, so that Ctrl+C works.
            while (!Stopping && !process.WaitForExit(100))
            {
                if (DateTime.UtcNow < end) continue;
                WriteError(new ErrorRecord(
                    new TimeoutException($"Process \"{process.ProcessName} ({process.Id})\" did not stop within the timeout."),
                    "ProcessNotTerminated", ErrorCategory.CloseError, process));
                break;
            }
        }
    }
}

[Cmdlet(VerbsCommon.Get, "Service", DefaultParameterSetName = "Default")]
public sealed class GetServiceCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Default", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ServiceName")]
    public string[] Name { get; set; } = ["*"];

    [Parameter(ParameterSetName = "DisplayName", Mandatory = true)]
    public string[]? DisplayName { get; set; }

    protected override void EndProcessing() => WriteError(new ErrorRecord(
        new PlatformNotSupportedException(
            "Get-Service lists Windows services, and this reduced engine has no access to them. " +
            (OperatingSystem.IsWindows() ? "Install PowerShell 7 to use it." : "This system has none: try 'systemctl list-units --type=service'.")),
        "NoServicesHere", ErrorCategory.NotImplemented, null));
}

[Cmdlet(VerbsCommon.Get, "Random", DefaultParameterSetName = "RandomNumberParameterSet")]
[OutputType(typeof(int), typeof(long), typeof(double))]
public sealed class GetRandomCommand : PSCmdlet
{
    private static Random generator = new();
    private readonly List<object?> list = [];

    [Parameter(ParameterSetName = "RandomNumberParameterSet", Position = 0)]
    public object? Maximum { get; set; }

    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    public object? Minimum { get; set; }

    [Parameter]
    public int? SetSeed { get; set; }

    [Parameter(ParameterSetName = "RandomListItemParameterSet", ValueFromPipeline = true, Position = 0, Mandatory = true)]
    [Parameter(ParameterSetName = "ShuffleParameterSet", ValueFromPipeline = true, Position = 0, Mandatory = true)]
    [AllowNull]
    public object[]? InputObject { get; set; }

    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    [Parameter(ParameterSetName = "RandomListItemParameterSet")]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    [Parameter(ParameterSetName = "ShuffleParameterSet", Mandatory = true)]
    public SwitchParameter Shuffle { get; set; }

    private bool FromList => ParameterSetName != "RandomNumberParameterSet";

    protected override void BeginProcessing()
    {
        if (SetSeed is { } seed) generator = new Random(seed);
        if (FromList) return;
        for (var i = 0; i < Count; i++) WriteObject(Number());
    }

    private object Number()
    {
        var least = Plain(Minimum) ?? 0;
        var most = Plain(Maximum) ?? int.MaxValue;
        if (least is double or float or decimal || most is double or float or decimal)
        {
            var low = LanguagePrimitives.ConvertTo<double>(least);
            var high = LanguagePrimitives.ConvertTo<double>(Maximum is null ? double.MaxValue : most);
            Check(low < high, least, most);
            return low + generator.NextDouble() * (high - low);
        }
        var from = LanguagePrimitives.ConvertTo<long>(least);
        var to = LanguagePrimitives.ConvertTo<long>(most);
        Check(from < to, least, most);
        var number = generator.NextInt64(from, to);
        return least is int && most is int ? (int)number : number;
    }

    private void Check(bool valid, object least, object most)
    {
        if (valid) return;
        ThrowTerminatingError(new ErrorRecord(
            new ArgumentException($"The Minimum value ({least}) cannot be greater than or equal to the Maximum value ({most})."),
            "MinGreaterThanOrEqualMax", ErrorCategory.InvalidArgument, null));
    }

    // Text that holds a number counts as that number.
    private static object? Plain(object? value)
    {
        var plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is not string text) return plain;
        return int.TryParse(text, CultureInfo.InvariantCulture, out var whole) ? whole : LanguagePrimitives.ConvertTo<double>(text);
    }

    protected override void ProcessRecord()
    {
        if (FromList) list.AddRange(InputObject ?? [null!]);
    }

    protected override void EndProcessing()
    {
        if (!FromList) return;
        var wanted = Shuffle ? list.Count : Math.Min(Count, list.Count);
        for (var i = 0; i < wanted; i++)
        {
            var at = generator.Next(i, list.Count);
            (list[i], list[at]) = (list[at], list[i]);
            WriteObject(list[i]);
        }
    }
}

[Cmdlet(VerbsCommon.New, "Guid", DefaultParameterSetName = "Default")]
[OutputType(typeof(Guid))]
public sealed class NewGuidCommand : PSCmdlet
{
    [Parameter(ParameterSetName = "Empty")]
    public SwitchParameter Empty { get; set; }

    protected override void EndProcessing() => WriteObject(Empty ? Guid.Empty : Guid.NewGuid());
}

[Cmdlet(VerbsCommon.Get, "Host")]
[OutputType(typeof(System.Management.Automation.Host.PSHost))]
public sealed class GetHostCommand : PSCmdlet
{
    protected override void BeginProcessing() => WriteObject(Host);
}

[Cmdlet(VerbsCommon.Get, "Culture", DefaultParameterSetName = "CurrentCulture")]
[OutputType(typeof(CultureInfo))]
public sealed class GetCultureCommand : PSCmdlet
{
    [Parameter(ParameterSetName = "Name", Position = 0, ValueFromPipeline = true)]
    public string[]? Name { get; set; }

    [Parameter(ParameterSetName = "ListAvailable")]
    public SwitchParameter ListAvailable { get; set; }

    protected override void ProcessRecord()
    {
        if (ListAvailable) WriteObject(CultureInfo.GetCultures(CultureTypes.AllCultures), enumerateCollection: true);
        else if (Name is null) WriteObject(Host.CurrentCulture);
        else foreach (var name in Name) WriteObject(CultureInfo.GetCultureInfo(name));
    }
}

[Cmdlet(VerbsCommon.Get, "UICulture")]
[OutputType(typeof(CultureInfo))]
public sealed class GetUICultureCommand : PSCmdlet
{
    protected override void BeginProcessing() => WriteObject(Host.CurrentUICulture);
}

[Cmdlet(VerbsCommon.Get, "Uptime", DefaultParameterSetName = "Timespan")]
[OutputType(typeof(TimeSpan), typeof(DateTime))]
public sealed class GetUptimeCommand : PSCmdlet
{
    [Parameter(ParameterSetName = "Since")]
    public SwitchParameter Since { get; set; }

    protected override void ProcessRecord()
    {
        var uptime = TimeSpan.FromSeconds(Math.Floor(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency));
        WriteObject(Since ? DateTime.Now - uptime : uptime);
    }
}

[Cmdlet(VerbsCommon.Get, "FileHash", DefaultParameterSetName = "Path")]
public sealed class GetFileHashCommand : PSCmdlet
{
    [Parameter(Mandatory = true, ParameterSetName = "Path", Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter(Position = 1)]
    [ValidateSet("SHA1", "SHA256", "SHA384", "SHA512", "MD5")]
    public string Algorithm { get; set; } = "SHA256";

    protected override void ProcessRecord()
    {
        var files = ParameterSetName == "LiteralPath"
            ? LiteralPath.Select(path => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path))
            : Path.SelectMany(path => SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _));
        foreach (var file in files.Where(each => !Directory.Exists(each)))
        {
            try
            {
                using var stream = File.OpenRead(file);
                var result = new PSObject();
                result.TypeNames.Insert(0, "Microsoft.Powershell.Utility.FileHash");
                result.Properties.Add(new PSNoteProperty("Algorithm", Algorithm.ToUpperInvariant()));
                result.Properties.Add(new PSNoteProperty("Hash", Convert.ToHexString(Hash(stream))));
                result.Properties.Add(new PSNoteProperty("Path", file));
                WriteObject(result);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                WriteError(new ErrorRecord(error, "FileReadError", ErrorCategory.ReadError, file));
            }
        }
    }

    private byte[] Hash(Stream stream) => Algorithm.ToUpperInvariant() switch
    {
        "SHA1" => SHA1.HashData(stream),
        "SHA384" => SHA384.HashData(stream),
        "SHA512" => SHA512.HashData(stream),
        "MD5" => MD5.HashData(stream),
        _ => SHA256.HashData(stream),
    };
}

[Cmdlet(VerbsData.ConvertTo, "SecureString", DefaultParameterSetName = "Secure")]
[OutputType(typeof(SecureString))]
public sealed class ConvertToSecureStringCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, Mandatory = true)]
    public string String { get; set; } = string.Empty;

    [Parameter(Position = 1, ParameterSetName = "PlainText")]
    public SwitchParameter AsPlainText { get; set; }

    [Parameter(Position = 2, ParameterSetName = "PlainText")]
    public SwitchParameter Force { get; set; }

    [Parameter(ParameterSetName = "Open")]
    public byte[]? Key { get; set; }

    [Parameter(Position = 1, ParameterSetName = "Secure")]
    public SecureString? SecureKey { get; set; }

    protected override void ProcessRecord()
    {
        if (AsPlainText)
        {
            WriteObject(new System.Net.NetworkCredential(string.Empty, String).SecurePassword);
            return;
        }
        try
        {
            WriteObject(SecureText.Read(String, Key, SecureKey));
        }
        catch (Exception error) when (error is ArgumentException or FormatException or CryptographicException)
        {
            WriteError(new ErrorRecord(error, "ImportSecureString_InvalidArgument", ErrorCategory.InvalidArgument, null));
        }
    }
}

[Cmdlet(VerbsData.ConvertFrom, "SecureString", DefaultParameterSetName = "Secure")]
[OutputType(typeof(string))]
public sealed class ConvertFromSecureStringCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, Mandatory = true)]
    public SecureString SecureString { get; set; } = new();

    [Parameter(ParameterSetName = "AsPlainText")]
    public SwitchParameter AsPlainText { get; set; }

    [Parameter(ParameterSetName = "Open")]
    public byte[]? Key { get; set; }

    [Parameter(Position = 1, ParameterSetName = "Secure")]
    public SecureString? SecureKey { get; set; }

    protected override void ProcessRecord() => WriteObject(
        AsPlainText
            ? new System.Net.NetworkCredential(string.Empty, SecureString).Password
            : SecureText.Write(SecureString, Key, SecureKey));
}

/// <summary>The engine's own text form of a SecureString, so that what one PowerShell writes another reads.</summary>
internal static class SecureText
{
    // What PowerShell puts before text that a key was used for, rather than the user's own protection.
    private const string Header = "76492d1116743f0423413b16050a5345";

    private static Type Helper => Reach.Type("Microsoft.PowerShell.SecureStringHelper");

    public static string Write(SecureString secret, byte[]? key, SecureString? secureKey)
    {
        if (key is null && secureKey is null) return (string)Reach.CallStatic(Helper, "Protect", secret)!;
        var result = Reach.CallStatic(Helper, "Encrypt", secret, key is null ? secureKey : key)!;
        var parts = $"2|{Reach.Get(result, "IV")}|{Reach.Get(result, "EncryptedData")}";
        return Header + Convert.ToBase64String(System.Text.Encoding.Unicode.GetBytes(parts));
    }

    public static SecureString Read(string text, byte[]? key, SecureString? secureKey)
    {
        if (key is null && secureKey is null) return (SecureString)Reach.CallStatic(Helper, "Unprotect", text)!;
        if (!text.StartsWith(Header, StringComparison.OrdinalIgnoreCase)) throw new FormatException("The text was not written with a key.");
        var parts = System.Text.Encoding.Unicode.GetString(Convert.FromBase64String(text[Header.Length..])).Split('|');
        if (parts.Length != 3) throw new FormatException("The text is not that of a SecureString.");
        return (SecureString)Reach.CallStatic(Helper, "Decrypt", parts[2], key is null ? secureKey : key, Convert.FromBase64String(parts[1]))!;
    }
}
