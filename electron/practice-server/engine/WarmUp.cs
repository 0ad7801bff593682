using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSDeck.Engine;

/// <summary>
/// Runs a few everyday commands in a runspace of their own and throws the results away. What they compile and load, the first session
/// does not wait for.
/// </summary>
internal static class WarmUp
{
    private const string Core =
        "function prompt-warm { \"PS $($executionContext.SessionState.Path.CurrentLocation)> \" }; prompt-warm; " +
        "1..3 | ForEach-Object { $_ } | Where-Object { $_ -gt 1 }; Get-Command Get-H* | Out-Null; " +
        "TabExpansion2 -inputScript 'Get-Com' -cursorColumn 7 | Out-Null";

    private const string Reduced =
        "Get-Date | Out-String; Get-Process -Id $PID | Format-Table | Out-String; Get-ChildItem / | Out-String; " +
        "Get-ChildItem / | Sort-Object Name | Select-Object -First 1 | Format-List | Out-String; " +
        "try { Write-Error 'x' -ErrorAction Stop } catch { $_ | Out-String }; Get-Help Get-Command | Out-String";

    public static void Start(bool reduced)
    {
        var thread = new Thread(() => Run(reduced)) { IsBackground = true, Priority = ThreadPriority.BelowNormal };
        thread.Start();
    }

    private static void Run(bool reduced)
    {
        try
        {
            using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
            runspace.Open();
            using var shell = PowerShell.Create(runspace);
            shell.AddScript(Core).Invoke();
            if (!reduced) return;
            shell.Commands.Clear();
            shell.AddScript(Reduced).Invoke();
        }
        catch (RuntimeException)
        {
            // Warmth is all there was to gain: the session that follows says what is wrong, where someone reads it.
        }
    }
}
