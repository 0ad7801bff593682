using System.Collections;
using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace PSDeck.Engine;

/// <summary>
/// A property as Select-Object, Sort-Object, Group-Object and their like take it: a name, a pattern, a script block, or a table with an
/// Expression and perhaps a Name, Ascending or Descending.
/// </summary>
internal sealed class PropertyArgument
{
    public required PSPropertyExpression Expression { get; init; }
    public string? Label { get; init; }
    public bool? Descending { get; init; }
    public bool IsScript { get; init; }

    public static PropertyArgument[] Read(PSCmdlet command, object[]? arguments) =>
        (arguments ?? []).Select(argument => Read(command, argument)).ToArray();

    private static PropertyArgument Read(PSCmdlet command, object argument)
    {
        var value = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        if (value is IDictionary table) return FromTable(command, table);
        return new PropertyArgument { Expression = ToExpression(value), IsScript = value is ScriptBlock };
    }

    private static PSPropertyExpression ToExpression(object? value) => value switch
    {
        ScriptBlock script => new PSPropertyExpression(script),
        PSPropertyExpression expression => expression,
        null => new PSPropertyExpression(string.Empty),
        _ => new PSPropertyExpression(LanguagePrimitives.ConvertTo<string>(value)),
    };

    private static PropertyArgument FromTable(PSCmdlet command, IDictionary table)
    {
        object? expression = null;
        string? label = null;
        bool? descending = null;
        foreach (DictionaryEntry entry in table)
        {
            var key = entry.Key.ToString() ?? string.Empty;
            var value = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
            if (Is(key, "expression")) expression = value;
            else if (Is(key, "name") || Is(key, "label")) label = value?.ToString();
            else if (Is(key, "descending")) descending = LanguagePrimitives.IsTrue(value);
            else if (Is(key, "ascending")) descending = !LanguagePrimitives.IsTrue(value);
            else
            {
                command.ThrowTerminatingError(new ErrorRecord(
                    new NotSupportedException($"The {key} key is not valid."), "DictionaryKeyUnknown", ErrorCategory.InvalidArgument, key));
            }
        }
        if (expression is null)
        {
            command.ThrowTerminatingError(new ErrorRecord(
                new ArgumentException("The Expression key is missing."), "DictionaryKeyMissing", ErrorCategory.InvalidArgument, table));
        }
        return new PropertyArgument
        {
            Expression = ToExpression(expression), Label = label, Descending = descending, IsScript = expression is ScriptBlock,
        };
    }

    // Any beginning of the word will do, as for parameters.
    private static bool Is(string key, string name) => key.Length > 0 && name.StartsWith(key, StringComparison.OrdinalIgnoreCase);

    /// <summary>What the property is called in a result.</summary>
    public string NameOf(PSPropertyExpressionResult result) => Label ?? result.ResolvedExpression?.ToString() ?? Expression.ToString();
}

/// <summary>The order in which PowerShell puts values of any type.</summary>
internal sealed class ValueComparer(bool caseSensitive, bool nullsLast = false) : IComparer<object?>, IEqualityComparer<object?>
{
    /// <summary>Stands for a property that an object does not have, which is not the same as one that is null.</summary>
    public static readonly object Missing = new();

    public int Compare(object? left, object? right)
    {
        left = Unwrap(left);
        right = Unwrap(right);
        if (ReferenceEquals(left, Missing) || ReferenceEquals(right, Missing))
        {
            var order = (ReferenceEquals(left, Missing) ? 1 : 0) - (ReferenceEquals(right, Missing) ? 1 : 0);
            return nullsLast ? order : -order;
        }
        // What most lists hold; the engine's own comparison comes to the same, much slower.
        if (left is string leftText && right is string rightText)
        {
            return string.Compare(leftText, rightText, caseSensitive ? StringComparison.CurrentCulture : StringComparison.CurrentCultureIgnoreCase);
        }
        if (left is int leftNumber && right is int rightNumber) return leftNumber.CompareTo(rightNumber);
        if (left is DateTime leftDate && right is DateTime rightDate) return leftDate.CompareTo(rightDate);
        try
        {
            return LanguagePrimitives.Compare(left, right, !caseSensitive);
        }
        catch (Exception error) when (error is ArgumentException or PSInvalidCastException)
        {
            var comparison = caseSensitive ? StringComparison.CurrentCulture : StringComparison.CurrentCultureIgnoreCase;
            return string.Compare(Text(left), Text(right), comparison);
        }
    }

    bool IEqualityComparer<object?>.Equals(object? left, object? right) => Compare(left, right) == 0;

    int IEqualityComparer<object?>.GetHashCode(object? value) =>
        Text(Unwrap(value)).GetHashCode(caseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static string Text(object? value) => value is null ? string.Empty : PSObject.AsPSObject(value).ToString();
}
