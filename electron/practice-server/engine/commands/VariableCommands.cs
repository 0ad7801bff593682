using System.Collections;
using System.Management.Automation;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

/// <summary>Reaching variables and aliases by name, pattern and scope.</summary>
public abstract class ScopedCommandBase : PSCmdlet
{
    [Parameter]
    [ArgumentCompletions("Global", "Local", "Script")]
    public string? Scope { get; set; }

    private protected object Session => Reach.Get(SessionState, "Internal")!;

    private protected IEnumerable<T> Find<T>(string table, string[] names, string[]? include, string[]? exclude)
    {
        var all = (IDictionary<string, T>)(Scope is null
            ? Reach.Call(Session, table)!
            : Reach.Call(Session, table + "AtScope", Scope)!);
        var patterns = Patterns(names);
        var included = Patterns(include);
        var excluded = Patterns(exclude);
        return all
            .Where(entry => Matches(patterns, entry.Key))
            .Where(entry => included.Length == 0 || Matches(included, entry.Key))
            .Where(entry => !Matches(excluded, entry.Key))
            .OrderBy(entry => entry.Key, StringComparer.OrdinalIgnoreCase)
            .Select(entry => entry.Value);
    }

    private static bool Matches(WildcardPattern[] patterns, string name) => patterns.Any(pattern => pattern.IsMatch(name));

    private static WildcardPattern[] Patterns(string[]? names) =>
        (names ?? []).Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToArray();
}

[Cmdlet(VerbsCommon.Get, "Variable")]
[OutputType(typeof(PSVariable))]
public sealed class GetVariableCommand : ScopedCommandBase
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    public SwitchParameter ValueOnly { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var any = false;
            foreach (var variable in Find<PSVariable>("GetVariableTable", [name], Include, Exclude))
            {
                any = true;
                WriteObject(ValueOnly ? variable.Value : variable);
            }
            if (any || WildcardPattern.ContainsWildcardCharacters(name)) continue;
            // Some variables are made when they are asked for.
            if (Scope is null && SessionState.PSVariable.Get(name) is { } found)
            {
                WriteObject(ValueOnly ? found.Value : found);
                continue;
            }
            WriteError(new ErrorRecord(
                new ItemNotFoundException($"Cannot find a variable with the name '{name}'."), "VariableNotFound", ErrorCategory.ObjectNotFound, name));
        }
    }
}

[Cmdlet(VerbsCommon.Set, "Variable", SupportsShouldProcess = true)]
[OutputType(typeof(PSVariable))]
public sealed class SetVariableCommand : ScopedCommandBase
{
    private readonly ArrayList piped = [];

    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; }

    [Parameter]
    public string? Description { get; set; }

    [Parameter]
    public ScopedItemOptions Option { get; set; }

    [Parameter]
    public SessionStateEntryVisibility Visibility { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private bool FromPipeline => MyInvocation.ExpectingInput && MyInvocation.PipelinePosition > 1;

    protected override void ProcessRecord()
    {
        if (FromPipeline) piped.Add(Value);
        else Set(Value);
    }

    protected override void EndProcessing()
    {
        if (FromPipeline) Set(piped.Count == 1 ? piped[0] : piped.ToArray());
    }

    private void Set(object? value)
    {
        foreach (var name in Name)
        {
            if (!ShouldProcess($"Name: {name} Value: {value}", "Set variable")) continue;
            try
            {
                var existing = Scope is null
                    ? SessionState.PSVariable.Get(name)
                    : (PSVariable?)Reach.Call(Session, "GetVariableAtScope", name, Scope);
                var options = MyInvocation.BoundParameters.ContainsKey(nameof(Option)) ? Option : existing?.Options ?? ScopedItemOptions.None;
                var variable = new PSVariable(name, value, options) { Description = Description ?? existing?.Description ?? string.Empty };
                if (MyInvocation.BoundParameters.ContainsKey(nameof(Visibility))) variable.Visibility = Visibility;
                var origin = Reach.Get(this, "CommandOrigin");
                var result = Scope is null
                    ? Reach.Call(Session, "SetVariable", variable, (bool)Force, origin)
                    : Reach.Call(Session, "SetVariableAtScope", variable, Scope, (bool)Force, origin);
                if (PassThru) WriteObject(result);
            }
            catch (SessionStateException error)
            {
                WriteError(new ErrorRecord(error.ErrorRecord, error));
            }
        }
    }
}

[Cmdlet(VerbsCommon.New, "Variable", SupportsShouldProcess = true)]
[OutputType(typeof(PSVariable))]
public sealed class NewVariableCommand : ScopedCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = string.Empty;

    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; }

    [Parameter]
    public string Description { get; set; } = string.Empty;

    [Parameter]
    public ScopedItemOptions Option { get; set; }

    [Parameter]
    public SessionStateEntryVisibility Visibility { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (!ShouldProcess($"Name: {Name} Value: {Value}", "New variable")) return;
        var scope = Scope ?? "local";
        if (!Force && Reach.Call(Session, "GetVariableAtScope", Name, scope) is not null)
        {
            WriteError(new ErrorRecord(
                new SessionStateException($"A variable with name '{Name}' already exists."), "VariableAlreadyExists", ErrorCategory.ResourceExists, Name));
            return;
        }
        var variable = new PSVariable(Name, Value, Option) { Description = Description, Visibility = Visibility };
        try
        {
            var result = Reach.Call(Session, "SetVariableAtScope", variable, scope, (bool)Force, Reach.Get(this, "CommandOrigin"));
            if (PassThru) WriteObject(result);
        }
        catch (SessionStateException error)
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
    }
}

[Cmdlet(VerbsCommon.Remove, "Variable", SupportsShouldProcess = true)]
public sealed class RemoveVariableCommand : ScopedCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = Find<PSVariable>("GetVariableTable", [name], Include, Exclude).ToArray();
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(new ErrorRecord(
                    new ItemNotFoundException($"Cannot find a variable with the name '{name}'."), "VariableNotFound", ErrorCategory.ObjectNotFound, name));
            }
            foreach (var variable in found)
            {
                if (!ShouldProcess($"Name: {variable.Name}", "Remove variable")) continue;
                try
                {
                    if (Scope is null) Reach.Call(Session, "RemoveVariable", variable, (bool)Force);
                    else Reach.Call(Session, "RemoveVariableAtScope", variable, Scope, (bool)Force);
                }
                catch (SessionStateException error)
                {
                    WriteError(new ErrorRecord(error.ErrorRecord, error));
                }
            }
        }
    }
}

[Cmdlet(VerbsCommon.Clear, "Variable", SupportsShouldProcess = true)]
public sealed class ClearVariableCommand : ScopedCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (var variable in Find<PSVariable>("GetVariableTable", Name, null, null))
        {
            if (ShouldProcess($"Name: {variable.Name}", "Clear variable")) variable.Value = null;
        }
    }
}

[Cmdlet(VerbsCommon.Get, "Alias", DefaultParameterSetName = "Default")]
[OutputType(typeof(AliasInfo))]
public sealed class GetAliasCommand : ScopedCommandBase
{
    [Parameter(Position = 0, ParameterSetName = "Default", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter(ParameterSetName = "Definition")]
    public string[]? Definition { get; set; }

    protected override void ProcessRecord()
    {
        if (Definition is not null)
        {
            foreach (var definition in Definition)
            {
                var pattern = WildcardPattern.Get(definition, WildcardOptions.IgnoreCase);
                var matching = Find<AliasInfo>("GetAliasTable", ["*"], null, Exclude).Where(alias => pattern.IsMatch(alias.Definition)).ToArray();
                if (matching.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(definition)) Missing($"definition '{definition}'", definition);
                WriteObject(matching, enumerateCollection: true);
            }
            return;
        }
        foreach (var name in Name)
        {
            var found = Find<AliasInfo>("GetAliasTable", [name], null, Exclude).ToArray();
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name)) Missing($"name '{name}'", name);
            WriteObject(found, enumerateCollection: true);
        }
    }

    private void Missing(string what, string target) => WriteError(new ErrorRecord(
        new ItemNotFoundException($"This command cannot find a matching alias because an alias with the {what} does not exist."),
        "ItemNotFoundException", ErrorCategory.ObjectNotFound, target));
}

public abstract class WriteAliasCommandBase : ScopedCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = string.Empty;

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Value { get; set; } = string.Empty;

    [Parameter]
    public string Description { get; set; } = string.Empty;

    [Parameter]
    public ScopedItemOptions Option { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected void Write(string verb)
    {
        if (!ShouldProcess($"Name: {Name} Value: {Value}", $"{verb} Alias")) return;
        var alias = (AliasInfo)Reach.New("System.Management.Automation.AliasInfo", Name, Value, Reach.Get(this, "Context"), Option);
        if (Description.Length > 0) alias.Description = Description;
        try
        {
            var origin = Reach.Get(this, "CommandOrigin");
            var result = Scope is null
                ? Reach.Call(Session, "SetAliasItem", alias, (bool)Force, origin)
                : Reach.Call(Session, "SetAliasItemAtScope", alias, Scope, (bool)Force, origin);
            if (PassThru) WriteObject(result);
        }
        catch (SessionStateException error)
        {
            WriteError(new ErrorRecord(error.ErrorRecord, error));
        }
    }
}

[Cmdlet(VerbsCommon.Set, "Alias", SupportsShouldProcess = true)]
[OutputType(typeof(AliasInfo))]
public sealed class SetAliasCommand : WriteAliasCommandBase
{
    protected override void ProcessRecord() => Write("Set");
}

[Cmdlet(VerbsCommon.New, "Alias", SupportsShouldProcess = true)]
[OutputType(typeof(AliasInfo))]
public sealed class NewAliasCommand : WriteAliasCommandBase
{
    protected override void ProcessRecord()
    {
        var existing = (AliasInfo?)(Scope is null
            ? Reach.Call(Session, "GetAlias", Name)
            : Reach.Call(Session, "GetAliasAtScope", Name, Scope));
        if (existing is not null && !Force)
        {
            WriteError(new ErrorRecord(
                new SessionStateException($"The alias is not allowed, because an alias with the name '{Name}' already exists."),
                "AliasAlreadyExists", ErrorCategory.ResourceExists, Name));
            return;
        }
        Write("New");
    }
}

[Cmdlet(VerbsCommon.Remove, "Alias")]
public sealed class RemoveAliasCommand : ScopedCommandBase
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            if (Reach.Call(Session, "GetAlias", name) is not null)
            {
                Reach.Call(Session, "RemoveAlias", name, (bool)Force);
                continue;
            }
            WriteError(new ErrorRecord(
                new ItemNotFoundException($"This command cannot find a matching alias because an alias with the name '{name}' does not exist."),
                "ItemNotFoundException", ErrorCategory.ObjectNotFound, name));
        }
    }
}
