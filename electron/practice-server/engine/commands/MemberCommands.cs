using System.Collections;
using System.Management.Automation;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

public sealed class MemberDefinition
{
    public MemberDefinition(string typeName, string name, PSMemberTypes memberType, string definition)
    {
        TypeName = typeName;
        Name = name;
        MemberType = memberType;
        Definition = definition;
    }

    public string TypeName { get; }
    public string Name { get; }
    public PSMemberTypes MemberType { get; }
    public string Definition { get; }

    public override string ToString() => Definition;
}

[Cmdlet(VerbsCommon.Get, "Member")]
[OutputType(typeof(MemberDefinition))]
public sealed class GetMemberCommand : PSCmdlet
{
    private readonly HashSet<string> shown = [];
    private bool any;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    [Alias("Type")]
    public PSMemberTypes MemberType { get; set; } = PSMemberTypes.All;

    [Parameter]
    public PSMemberViewTypes View { get; set; } = PSMemberViewTypes.Adapted | PSMemberViewTypes.Extended;

    [Parameter]
    public SwitchParameter Static { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        any = true;
        var staticType = Static ? InputObject.BaseObject as Type ?? InputObject.BaseObject.GetType() : null;
        var typeName = staticType is null ? InputObject.TypeNames.FirstOrDefault() ?? "TypeName" : staticType.FullName!;
        // One list a type, however many objects of it come.
        if (!shown.Add(typeName)) return;
        var patterns = Name.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToArray();
        var members = staticType is null
            ? InputObject.Members.Where(Wanted).Select(member => new MemberDefinition(typeName, member.Name, member.MemberType, member.ToString()!))
            : Statics(staticType);
        var result = members
            .Where(member => (member.MemberType & MemberType) != 0 && patterns.Any(pattern => pattern.IsMatch(member.Name)))
            .OrderBy(member => member.MemberType.ToString(), StringComparer.OrdinalIgnoreCase)
            .ThenBy(member => member.Name, StringComparer.OrdinalIgnoreCase);
        WriteObject(result, enumerateCollection: true);
    }

    protected override void EndProcessing()
    {
        if (any) return;
        WriteError(new ErrorRecord(
            new InvalidOperationException("You must specify an object for the Get-Member cmdlet."),
            "NoObjectInGetMember", ErrorCategory.CloseError, null));
    }

    private bool Wanted(PSMemberInfo member)
    {
        var adapted = member is PSProperty or PSMethod or PSParameterizedProperty or PSEvent;
        if (!View.HasFlag(PSMemberViewTypes.Adapted) && adapted) return false;
        if (!View.HasFlag(PSMemberViewTypes.Extended) && !adapted) return false;
        if (Force) return true;
        // Property accessors and PowerShell's own sets are there, but nobody means them.
        if (member.MemberType == PSMemberTypes.Method &&
            (member.Name.StartsWith("get_", StringComparison.Ordinal) || member.Name.StartsWith("set_", StringComparison.Ordinal) ||
             member.Name.StartsWith("add_", StringComparison.Ordinal) || member.Name.StartsWith("remove_", StringComparison.Ordinal)))
        {
            return false;
        }
        return member is not PSMemberSet && !member.Name.StartsWith("pstypenames", StringComparison.OrdinalIgnoreCase);
    }

    private IEnumerable<MemberDefinition> Statics(Type type)
    {
        var adapter = Reach.Type("System.Management.Automation.PSObject")
            .GetProperty("DotNetStaticAdapter", System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!.GetValue(null)!;
        var members = (IEnumerable)Reach.Type("System.Management.Automation.Adapter")
            .GetMethod("BaseGetMembers", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!
            .MakeGenericMethod(typeof(PSMemberInfo)).Invoke(adapter, [type])!;
        foreach (PSMemberInfo member in members)
        {
            if (Force || Wanted(member)) yield return new MemberDefinition(type.FullName!, member.Name, member.MemberType, member.ToString()!);
        }
    }
}

/// <summary>Makes `Add-Member ScriptProperty …` mean the member type and not a property of that name.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotAMemberTypeAttribute : ValidateArgumentsAttribute
{
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is not string name || !Enum.TryParse<PSMemberTypes>(name, ignoreCase: true, out _)) return;
        // "Swallow": not an error, but a reason for the binder to try the other parameter sets.
        throw (Exception)Reach.New(
            "System.Management.Automation.ValidationMetadataException", $"The name \"{name}\" is that of a member type.", true);
    }
}

[Cmdlet(VerbsCommon.Add, "Member", DefaultParameterSetName = "TypeNameSet")]
public sealed class AddMemberCommand : PSCmdlet
{
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = new();

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "MemberSet")]
    [Alias("Type")]
    public PSMemberTypes MemberType { get; set; }

    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "MemberSet")]
    public string Name { get; set; } = string.Empty;

    [Parameter(Position = 2, ParameterSetName = "MemberSet")]
    public object? Value { get; set; }

    [Parameter(Position = 3, ParameterSetName = "MemberSet")]
    public object? SecondValue { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "TypeNameSet")]
    [Parameter(ParameterSetName = "MemberSet")]
    [Parameter(ParameterSetName = "NotePropertySingleMemberSet")]
    [Parameter(ParameterSetName = "NotePropertyMultiMemberSet")]
    [ValidateNotNullOrEmpty]
    public string? TypeName { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "NotePropertySingleMemberSet")]
    [ValidateNotNullOrEmpty]
    [NotAMemberType]
    public string NotePropertyName { get; set; } = string.Empty;

    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "NotePropertySingleMemberSet")]
    [AllowNull]
    public object? NotePropertyValue { get; set; }

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "NotePropertyMultiMemberSet")]
    [ValidateNotNullOrEmpty]
    public IDictionary NotePropertyMembers { get; set; } = new Hashtable();

    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case "NotePropertySingleMemberSet":
                Add(new PSNoteProperty(NotePropertyName, NotePropertyValue));
                break;
            case "NotePropertyMultiMemberSet":
                foreach (DictionaryEntry entry in NotePropertyMembers) Add(new PSNoteProperty(entry.Key.ToString(), entry.Value));
                break;
            case "MemberSet":
                if (Make() is { } member) Add(member);
                break;
        }
        if (TypeName is not null)
        {
            InputObject.TypeNames.Remove(TypeName);
            InputObject.TypeNames.Insert(0, TypeName);
        }
        if (PassThru) WriteObject(InputObject);
    }

    private PSMemberInfo? Make()
    {
        var value = Value is PSObject wrapped ? wrapped.BaseObject : Value;
        var second = SecondValue is PSObject wrappedSecond ? wrappedSecond.BaseObject : SecondValue;
        switch (MemberType)
        {
            case PSMemberTypes.NoteProperty:
                return new PSNoteProperty(Name, Value);
            case PSMemberTypes.AliasProperty:
                return second is null
                    ? new PSAliasProperty(Name, value?.ToString())
                    : new PSAliasProperty(Name, value?.ToString(), LanguagePrimitives.ConvertTo<Type>(second));
            case PSMemberTypes.ScriptProperty:
                return new PSScriptProperty(Name, value as ScriptBlock, second as ScriptBlock);
            case PSMemberTypes.ScriptMethod:
                return new PSScriptMethod(Name, value as ScriptBlock ?? ScriptBlock.Create(value?.ToString() ?? string.Empty));
            case PSMemberTypes.CodeProperty:
                return new PSCodeProperty(Name, value as System.Reflection.MethodInfo, second as System.Reflection.MethodInfo);
            case PSMemberTypes.CodeMethod:
                return new PSCodeMethod(Name, value as System.Reflection.MethodInfo);
            case PSMemberTypes.PropertySet:
                return new PSPropertySet(Name, LanguagePrimitives.ConvertTo<string[]>(value));
            case PSMemberTypes.MemberSet:
                return new PSMemberSet(Name);
            default:
                WriteError(new ErrorRecord(
                    new InvalidOperationException($"Cannot add a member with type \"{MemberType}\". Specify a different type for the MemberTypes parameter."),
                    "CannotAddMemberType", ErrorCategory.InvalidOperation, MemberType));
                return null;
        }
    }

    private void Add(PSMemberInfo member)
    {
        var existing = InputObject.Members[member.Name];
        if (existing is not null && !Force)
        {
            WriteError(new ErrorRecord(
                new InvalidOperationException(
                    $"Cannot add a member with the name \"{member.Name}\" because a member with that name already exists. " +
                    "To overwrite the member anyway, add the Force parameter to your command."),
                "MemberAlreadyExists", ErrorCategory.InvalidOperation, InputObject));
            return;
        }
        if (existing is { IsInstance: true }) InputObject.Members.Remove(member.Name);
        InputObject.Members.Add(member);
    }
}

[Cmdlet(VerbsCommon.New, "Object", DefaultParameterSetName = "Net")]
public sealed class NewObjectCommand : PSCmdlet
{
    // Constructors are chosen and arguments converted by the engine's own rules.
    private static readonly ScriptBlock Construct = ScriptBlock.Create("param($type, $arguments) , $type::new.Invoke($arguments)");

    [Parameter(ParameterSetName = "Net", Mandatory = true, Position = 0)]
    [ValidateTrustedData]
    public string TypeName { get; set; } = string.Empty;

    [Parameter(ParameterSetName = "Net", Position = 1)]
    [Alias("Args")]
    public object[] ArgumentList { get; set; } = [];

    [Parameter]
    public IDictionary? Property { get; set; }

    protected override void BeginProcessing()
    {
        if (!LanguagePrimitives.TryConvertTo<Type>(TypeName, out var type))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"Cannot find type [{TypeName}]: verify that the assembly containing this type is loaded."),
                "TypeNotFound", ErrorCategory.InvalidType, null));
        }
        var made = PSObject.AsPSObject(Make(type));
        foreach (DictionaryEntry entry in Property ?? new Hashtable()) SetProperty(made, entry);
        WriteObject(made);
    }

    private object Make(Type type)
    {
        // What people write for an empty object to hang properties on.
        if (type == typeof(PSObject) || type == typeof(PSCustomObject)) return ArgumentList.Length == 0 ? new PSObject() : new PSObject(ArgumentList[0]);
        try
        {
            if (type.IsValueType && ArgumentList.Length == 0) return Activator.CreateInstance(type)!;
            return Construct.Invoke(type, ArgumentList)[0];
        }
        catch (RuntimeException error)
        {
            ThrowTerminatingError(new ErrorRecord(
                error.InnerException ?? error, "ConstructorInvokedThrowException,Microsoft.PowerShell.Commands.NewObjectCommand",
                ErrorCategory.InvalidOperation, null));
            throw;
        }
    }

    private void SetProperty(PSObject made, DictionaryEntry entry)
    {
        var name = entry.Key.ToString()!;
        if (made.BaseObject is PSCustomObject)
        {
            made.Properties.Add(new PSNoteProperty(name, entry.Value));
            return;
        }
        try
        {
            var property = made.Properties[name]
                ?? throw new PSArgumentException($"The member \"{name}\" was not found for the specified {TypeName} object.");
            property.Value = entry.Value;
        }
        catch (Exception error) when (error is RuntimeException or PSArgumentException)
        {
            WriteError(new ErrorRecord(error, "InvalidOperationException", ErrorCategory.InvalidOperation, null));
        }
    }
}
