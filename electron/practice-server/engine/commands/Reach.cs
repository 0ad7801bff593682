using System.Collections.Concurrent;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace PSDeck.Engine;

/// <summary>
/// The engine keeps to itself what its own command modules stand on (provider contexts, the formatting commands, scopes). They are not
/// in its NuGet package, so the stand-ins reach these by name. A name that is gone in a later engine fails at the first use, and the
/// tests of the commands use all of them.
/// </summary>
internal static class Reach
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions;
    private static readonly Assembly Engine = typeof(PSObject).Assembly;
    private static readonly ConcurrentDictionary<string, Type> Types = new();

    public static Type Type(string name) => Types.GetOrAdd(name, key => Engine.GetType(key, throwOnError: true)!);

    public static object New(string typeName, params object?[] arguments) =>
        Activator.CreateInstance(Type(typeName), Any | BindingFlags.Instance, null, arguments, CultureInfo.InvariantCulture)!;

    public static object? Call(object target, string method, params object?[] arguments) =>
        target.GetType().InvokeMember(method, Any | BindingFlags.Instance | BindingFlags.InvokeMethod, null, target, arguments);

    public static object? CallStatic(Type type, string method, params object?[] arguments) =>
        type.InvokeMember(method, Any | BindingFlags.Static | BindingFlags.InvokeMethod, null, null, arguments);

    public static object? Get(object target, string member) =>
        target.GetType().InvokeMember(
            member, Any | BindingFlags.Instance | BindingFlags.GetProperty | BindingFlags.GetField, null, target, null);

    public static void Set(object target, string member, object? value)
    {
        for (var type = target.GetType(); type is not null; type = type.BaseType)
        {
            var own = Any | BindingFlags.Instance | BindingFlags.DeclaredOnly;
            if (type.GetProperty(member, own) is { } property)
            {
                property.SetValue(target, value);
                return;
            }
            if (type.GetField(member, own) is { } field)
            {
                field.SetValue(target, value);
                return;
            }
        }
        throw new MissingMemberException(target.GetType().FullName, member);
    }

    /// <summary>A value of an internal enumeration.</summary>
    public static object Enum(string typeName, string value) => System.Enum.Parse(Type(typeName), value);
}
