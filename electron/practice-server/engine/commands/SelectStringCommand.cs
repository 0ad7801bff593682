using System.Management.Automation;
using System.Text.RegularExpressions;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

public sealed class MatchInfo
{
    public bool IgnoreCase { get; set; }
    public long LineNumber { get; set; }
    public string Line { get; set; } = string.Empty;
    public string Filename => System.IO.Path.GetFileName(Path);
    public string Path { get; set; } = "InputStream";
    public string Pattern { get; set; } = string.Empty;
    public Match[] Matches { get; set; } = [];

    public override string ToString() => Path == "InputStream" ? Line : $"{Path}:{LineNumber}:{Line}";

    public string ToString(string directory) =>
        Path == "InputStream" ? Line : $"{System.IO.Path.GetRelativePath(directory, Path)}:{LineNumber}:{Line}";

    // What the engine's own view of these calls.
    public string ToEmphasizedString(string directory) => ToString(directory);
}

[Cmdlet(VerbsCommon.Select, "String", DefaultParameterSetName = "File")]
[OutputType(typeof(MatchInfo), typeof(bool), typeof(string))]
public sealed class SelectStringCommand : PSCmdlet
{
    private Regex[] expressions = [];
    private long number;
    private bool quietDone;

    [Parameter(ValueFromPipeline = true, Mandatory = true, ParameterSetName = "Object")]
    [AllowNull]
    [AllowEmptyString]
    public PSObject? InputObject { get; set; }

    [Parameter(Mandatory = true, Position = 0)]
    public string[] Pattern { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "File")]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralFile")]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    [Parameter]
    public SwitchParameter SimpleMatch { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    [Parameter]
    public SwitchParameter Quiet { get; set; }

    [Parameter]
    public SwitchParameter List { get; set; }

    [Parameter]
    public SwitchParameter NotMatch { get; set; }

    [Parameter]
    public SwitchParameter AllMatches { get; set; }

    [Parameter]
    public SwitchParameter Raw { get; set; }

    protected override void BeginProcessing()
    {
        var options = CaseSensitive ? RegexOptions.None : RegexOptions.IgnoreCase;
        try
        {
            expressions = Pattern.Select(pattern => new Regex(SimpleMatch ? Regex.Escape(pattern) : pattern, options)).ToArray();
        }
        catch (ArgumentException error)
        {
            ThrowTerminatingError(new ErrorRecord(error, "InvalidRegex", ErrorCategory.InvalidArgument, Pattern));
        }
    }

    protected override void ProcessRecord()
    {
        if (quietDone) return;
        if (ParameterSetName == "Object")
        {
            if (InputObject?.BaseObject is FileInfo file) Search(file.FullName);
            else Test(InputObject?.ToString() ?? string.Empty, ++number, "InputStream");
            return;
        }
        var files = ParameterSetName == "LiteralFile"
            ? LiteralPath.Select(path => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path))
            : Path.SelectMany(path => SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _));
        foreach (var each in files.Where(File.Exists)) Search(each);
    }

    private void Search(string file)
    {
        long line = 0;
        try
        {
            foreach (var text in File.ReadLines(file))
            {
                if (Stopping || quietDone) return;
                if (Test(text, ++line, file) && List) return;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(error, "ProcessingFile", ErrorCategory.ReadError, file));
        }
    }

    private bool Test(string text, long line, string path)
    {
        foreach (var expression in expressions)
        {
            var found = AllMatches ? expression.Matches(text).ToArray() : new[] { expression.Match(text) }.Where(match => match.Success).ToArray();
            if (found.Length > 0 == NotMatch) continue;
            if (Quiet)
            {
                quietDone = true;
                WriteObject(true);
            }
            else if (Raw)
            {
                WriteObject(text);
            }
            else
            {
                WriteObject(new MatchInfo
                {
                    IgnoreCase = !CaseSensitive, LineNumber = line, Line = text, Path = path,
                    Pattern = Pattern[Array.IndexOf(expressions, expression)], Matches = found,
                });
            }
            return true;
        }
        return false;
    }

    protected override void EndProcessing()
    {
        if (Quiet && !quietDone) WriteObject(false);
    }
}
