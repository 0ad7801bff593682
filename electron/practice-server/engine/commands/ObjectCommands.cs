using System.Collections;
using System.Management.Automation;
using PSDeck.Engine;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Select, "Object", DefaultParameterSetName = "DefaultParameter")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly Queue<PSObject> tail = new();
    private readonly List<PSObject> seen = [];
    private PropertyArgument[] properties = [];
    private PropertyArgument? expand;
    private WildcardPattern[] excluded = [];
    private long index;
    private long written;
    private HashSet<long> wantedIndexes = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0, ParameterSetName = "DefaultParameter")]
    [Parameter(Position = 0, ParameterSetName = "SkipLastParameter")]
    public object[]? Property { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    public string[]? ExcludeProperty { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    public string? ExpandProperty { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    public SwitchParameter CaseInsensitive { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Last { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int First { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    [Parameter(ParameterSetName = "SkipLastParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int SkipLast { get; set; }

    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "IndexParameter")]
    public SwitchParameter Wait { get; set; }

    [Parameter(ParameterSetName = "IndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? Index { get; set; }

    [Parameter(ParameterSetName = "SkipIndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? SkipIndex { get; set; }

    private bool HasFirst => MyInvocation.BoundParameters.ContainsKey(nameof(First));
    private bool HasLast => MyInvocation.BoundParameters.ContainsKey(nameof(Last));

    protected override void BeginProcessing()
    {
        properties = PropertyArgument.Read(this, Property);
        if (ExpandProperty is not null) expand = PropertyArgument.Read(this, [ExpandProperty])[0];
        excluded = (ExcludeProperty ?? []).Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToArray();
        // Excluding from nothing means from everything.
        if (excluded.Length > 0 && properties.Length == 0 && expand is null) properties = PropertyArgument.Read(this, ["*"]);
        wantedIndexes = (Index ?? SkipIndex ?? []).Select(value => (long)value).ToHashSet();
    }

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        var position = index++;
        if (Index is not null)
        {
            if (wantedIndexes.Contains(position)) Take(InputObject);
            if (!Wait && position >= wantedIndexes.Max()) StopUpstream();
            return;
        }
        if (SkipIndex is not null)
        {
            if (!wantedIndexes.Contains(position)) Take(InputObject);
            return;
        }
        if (HasLast && !HasFirst)
        {
            // -Skip counts from the end here.
            tail.Enqueue(InputObject);
            if (tail.Count > Last + Skip) tail.Dequeue();
            return;
        }
        if (position < Skip) return;
        if (SkipLast > 0)
        {
            tail.Enqueue(InputObject);
            if (tail.Count > SkipLast) Take(tail.Dequeue());
            return;
        }
        if (HasFirst)
        {
            if (written < First)
            {
                written++;
                Take(InputObject);
                if (written == First && !HasLast && !Wait) StopUpstream();
            }
            else if (HasLast)
            {
                tail.Enqueue(InputObject);
                if (tail.Count > Last) tail.Dequeue();
            }
            else if (!Wait)
            {
                StopUpstream();
            }
            return;
        }
        Take(InputObject);
    }

    protected override void EndProcessing()
    {
        if (HasLast)
        {
            var remaining = HasFirst ? tail.Count : Math.Max(0, tail.Count - Skip);
            while (remaining-- > 0) Take(tail.Dequeue());
        }
        if (!Unique) return;
        foreach (var result in seen) Write(result);
    }

    /// <summary>Nothing that comes can still be wanted: the commands before this one need not go on.</summary>
    private void StopUpstream()
    {
        if (Unique) EndProcessing();
        throw (Exception)Reach.New("System.Management.Automation.StopUpstreamCommandsException", this);
    }

    private void Take(PSObject input)
    {
        if (expand is not null)
        {
            Expand(input);
            return;
        }
        Emit(properties.Length == 0 ? input : Project(input));
    }

    private PSObject Project(PSObject input)
    {
        var result = new PSObject();
        result.TypeNames.Insert(0, "Selected." + input.BaseObject.GetType());
        foreach (var (name, value) in Values(input)) Add(result, name, value);
        return result;
    }

    private IEnumerable<(string Name, object? Value)> Values(PSObject input)
    {
        foreach (var property in properties)
        {
            var results = property.Expression.GetValues(input, true, true);
            if (results.Count == 0 && !property.Expression.HasWildCardCharacters)
            {
                yield return (property.Label ?? property.Expression.ToString(), null);
            }
            foreach (var found in results)
            {
                var name = property.NameOf(found);
                if (!excluded.Any(pattern => pattern.IsMatch(name))) yield return (name, found.Exception is null ? found.Result : null);
            }
        }
    }

    private void Add(PSObject result, string name, object? value)
    {
        if (result.Properties[name] is not null)
        {
            // A pattern may name again what was named already; a name given twice is a mistake.
            if (properties.Any(property => property.Expression.HasWildCardCharacters)) return;
            WriteError(new ErrorRecord(
                new InvalidOperationException($"The property cannot be processed because the property \"{name}\" already exists."),
                "AlreadyExistingUserSpecifiedPropertyNoExpand", ErrorCategory.InvalidOperation, result));
            return;
        }
        result.Properties.Add(new PSNoteProperty(name, value));
    }

    private void Expand(PSObject input)
    {
        var results = expand!.Expression.GetValues(input, true, true);
        if (results.Count == 0)
        {
            WriteError(new ErrorRecord(
                new ArgumentException($"Property \"{ExpandProperty}\" cannot be found."),
                "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, input));
            return;
        }
        if (results[0].Exception is { } failure)
        {
            WriteError(new ErrorRecord(failure, "PropertyEvaluationExpand", ErrorCategory.InvalidResult, input));
            return;
        }
        var value = results[0].Result;
        foreach (var item in LanguagePrimitives.GetEnumerable(value) ?? new[] { value })
        {
            if (item is null)
            {
                if (properties.Length == 0) Emit(null);
                continue;
            }
            var result = PSObject.AsPSObject(item);
            if (properties.Length > 0)
            {
                result = result.Copy();
                foreach (var (name, extra) in Values(input)) Add(result, name, extra);
            }
            Emit(result);
        }
    }

    private void Emit(PSObject? result)
    {
        if (!Unique || result is null)
        {
            Write(result);
            return;
        }
        if (!seen.Any(other => AreSame(other, result))) seen.Add(result);
    }

    private void Write(PSObject? result) => WriteObject(result);

    private bool AreSame(PSObject left, PSObject right)
    {
        var comparer = new ValueComparer(!CaseInsensitive);
        if (left.BaseObject is not PSCustomObject && right.BaseObject is not PSCustomObject)
        {
            return comparer.Compare(left, right) == 0;
        }
        var names = left.Properties.Select(property => property.Name).ToArray();
        return names.Length == right.Properties.Count() &&
            names.All(name => right.Properties[name] is { } other && comparer.Compare(left.Properties[name].Value, other.Value) == 0);
    }
}

internal sealed record Keyed(PSObject Input, object?[] Keys, long Order);

/// <summary>What Sort-Object, Group-Object and Compare-Object do with their input: read the properties that count.</summary>
public abstract class ObjectBase : PSCmdlet
{
    private protected readonly List<Keyed> inputs = [];
    private protected PropertyArgument[] properties = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    private protected object?[] KeysOf(PSObject input) => properties.Length == 0
        ? [input]
        : properties.Select(property =>
        {
            var values = property.Expression.GetValues(input, true, true);
            return values.Count == 0 || values[0].Exception is not null ? ValueComparer.Missing : values[0].Result;
        }).ToArray();

    private protected void Collect()
    {
        if (InputObject is not null) inputs.Add(new Keyed(InputObject, KeysOf(InputObject), inputs.Count));
    }
}

[Cmdlet("Sort", "Object", DefaultParameterSetName = "Default")]
public sealed class SortObjectCommand : ObjectBase
{
    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter Descending { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    [Parameter]
    public string? Culture { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    [Parameter(ParameterSetName = "Default")]
    public SwitchParameter Stable { get; set; }

    [Parameter(ParameterSetName = "Top", Mandatory = true)]
    [ValidateRange(1, int.MaxValue)]
    public int Top { get; set; }

    [Parameter(ParameterSetName = "Bottom", Mandatory = true)]
    [ValidateRange(1, int.MaxValue)]
    public int Bottom { get; set; }

    protected override void BeginProcessing() => properties = PropertyArgument.Read(this, Property);

    protected override void ProcessRecord() => Collect();

    protected override void EndProcessing()
    {
        var comparer = new ValueComparer(CaseSensitive, nullsLast: true);
        var sorted = new List<Keyed>(inputs);
        sorted.Sort((left, right) => Compare(left, right, comparer));
        IEnumerable<Keyed> result = sorted;
        if (Unique) result = Distinct(sorted, comparer);
        if (Top > 0) result = result.Take(Top);
        if (Bottom > 0) result = result.TakeLast(Bottom);
        foreach (var each in result) WriteObject(each.Input);
    }

    private int Compare(Keyed left, Keyed right, ValueComparer comparer)
    {
        for (var i = 0; i < left.Keys.Length; i++)
        {
            var order = comparer.Compare(left.Keys[i], right.Keys[i]);
            if (order == 0) continue;
            var descending = properties.Length > 0 ? properties[i].Descending ?? (bool)Descending : (bool)Descending;
            // What has no such property stays at the end either way.
            var missing = ReferenceEquals(left.Keys[i], ValueComparer.Missing) || ReferenceEquals(right.Keys[i], ValueComparer.Missing);
            return descending && !missing ? -order : order;
        }
        return left.Order.CompareTo(right.Order);
    }

    private static IEnumerable<Keyed> Distinct(List<Keyed> sorted, ValueComparer comparer)
    {
        Keyed? last = null;
        foreach (var each in sorted)
        {
            var same = last is not null && last.Keys.Zip(each.Keys).All(pair => comparer.Compare(pair.First, pair.Second) == 0);
            if (!same) yield return each;
            last = each;
        }
    }
}

public sealed class GroupInfo
{
    internal GroupInfo(string name, ArrayList values, System.Collections.ObjectModel.Collection<PSObject> group)
    {
        Name = name;
        Values = values;
        Group = group;
    }

    public ArrayList Values { get; }

    public int Count => Group.Count;

    public System.Collections.ObjectModel.Collection<PSObject> Group { get; }

    public string Name { get; }
}

public sealed class GroupInfoNoElement
{
    internal GroupInfoNoElement(string name, ArrayList values, int count)
    {
        Name = name;
        Values = values;
        Count = count;
    }

    public ArrayList Values { get; }

    public int Count { get; }

    public string Name { get; }
}

[Cmdlet(VerbsData.Group, "Object", DefaultParameterSetName = "HashTable")]
[OutputType(typeof(Hashtable), typeof(GroupInfo))]
public sealed class GroupObjectCommand : ObjectBase
{
    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter NoElement { get; set; }

    [Parameter(ParameterSetName = "HashTable")]
    [Alias("AHT")]
    public SwitchParameter AsHashTable { get; set; }

    [Parameter(ParameterSetName = "HashTable")]
    public SwitchParameter AsString { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    [Parameter]
    public string? Culture { get; set; }

    protected override void BeginProcessing() => properties = PropertyArgument.Read(this, Property);

    protected override void ProcessRecord() => Collect();

    protected override void EndProcessing()
    {
        var comparer = new ValueComparer(CaseSensitive);
        var groups = new List<(object?[] Keys, System.Collections.ObjectModel.Collection<PSObject> Members)>();
        var byKey = new Dictionary<object, List<int>>(comparer!);
        foreach (var input in inputs)
        {
            var keys = input.Keys.Select(key => ReferenceEquals(key, ValueComparer.Missing) ? null : key).ToArray();
            var bucketKey = keys[0] ?? string.Empty;
            if (!byKey.TryGetValue(bucketKey, out var candidates)) byKey[bucketKey] = candidates = [];
            var at = candidates.FindIndex(candidate => groups[candidate].Keys.Zip(keys).All(pair => comparer.Compare(pair.First, pair.Second) == 0));
            if (at >= 0)
            {
                groups[candidates[at]].Members.Add(input.Input);
                continue;
            }
            candidates.Add(groups.Count);
            groups.Add((keys, [input.Input]));
        }
        groups.Sort((left, right) =>
            left.Keys.Zip(right.Keys).Select(pair => comparer.Compare(pair.First, pair.Second)).FirstOrDefault(order => order != 0));
        if (AsHashTable) WriteTable(groups);
        else foreach (var (keys, members) in groups) WriteGroup(keys, members);
    }

    private void WriteGroup(object?[] keys, System.Collections.ObjectModel.Collection<PSObject> members)
    {
        var values = new ArrayList(keys);
        var name = string.Join(", ", keys.Select(Text));
        WriteObject(NoElement ? new GroupInfoNoElement(name, values, members.Count) : new GroupInfo(name, values, members));
    }

    private void WriteTable(List<(object?[] Keys, System.Collections.ObjectModel.Collection<PSObject> Members)> groups)
    {
        var table = new Hashtable(CaseSensitive ? StringComparer.CurrentCulture : StringComparer.CurrentCultureIgnoreCase);
        foreach (var (keys, members) in groups)
        {
            var key = keys.Length == 1 && keys[0] is not null && !AsString ? Base(keys[0]!) : string.Join(", ", keys.Select(Text));
            table[key] = members;
        }
        WriteObject(table);
    }

    private static object Base(object key) => key is PSObject wrapped ? wrapped.BaseObject : key;

    private static string Text(object? key) =>
        key is null ? string.Empty
        : key is IEnumerable many and not string && (key as PSObject)?.BaseObject is not string
            ? string.Join(", ", many.Cast<object?>().Select(Text))
            : PSObject.AsPSObject(key).ToString();
}

[Cmdlet(VerbsCommon.Get, "Unique", DefaultParameterSetName = "AsString")]
public sealed class GetUniqueCommand : PSCmdlet
{
    private PSObject? last;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(ParameterSetName = "AsString")]
    public SwitchParameter AsString { get; set; }

    [Parameter(ParameterSetName = "UniqueByType")]
    public SwitchParameter OnType { get; set; }

    [Parameter]
    public SwitchParameter CaseInsensitive { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        var same = last is not null && (OnType
            ? string.Equals(last.TypeNames[0], InputObject.TypeNames[0], StringComparison.OrdinalIgnoreCase)
            : AsString
                ? string.Compare(last.ToString(), InputObject.ToString(), CaseInsensitive, System.Globalization.CultureInfo.CurrentCulture) == 0
                : new ValueComparer(!CaseInsensitive).Compare(last, InputObject) == 0);
        if (same) return;
        last = InputObject;
        WriteObject(InputObject);
    }
}

[Cmdlet(VerbsData.Compare, "Object")]
public sealed class CompareObjectCommand : PSCmdlet
{
    private readonly List<PSObject> difference = [];

    [Parameter(Position = 0, Mandatory = true)]
    [AllowEmptyCollection]
    public PSObject[] ReferenceObject { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public PSObject[] DifferenceObject { get; set; } = [];

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int SyncWindow { get; set; } = int.MaxValue;

    [Parameter]
    public object[]? Property { get; set; }

    [Parameter]
    public SwitchParameter ExcludeDifferent { get; set; }

    [Parameter]
    public SwitchParameter IncludeEqual { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    [Parameter]
    public string? Culture { get; set; }

    protected override void ProcessRecord() => difference.AddRange(DifferenceObject.Where(item => item is not null));

    protected override void EndProcessing()
    {
        var properties = PropertyArgument.Read(this, Property);
        var comparer = new ValueComparer(CaseSensitive);
        object?[] Keys(PSObject item) => properties.Length == 0
            ? [item]
            : properties.Select(property => property.Expression.GetValues(item, true, true).FirstOrDefault()?.Result).ToArray();
        var left = ReferenceObject.Where(item => item is not null).Select(item => (Item: item, Keys: Keys(item))).ToArray();
        var unmatched = difference.Select((item, at) => (Item: item, Keys: Keys(item), At: at)).ToList();
        var missing = new List<(PSObject Item, object?[] Keys)>();
        for (var i = 0; i < left.Length; i++)
        {
            var keys = left[i].Keys;
            var at = unmatched.FindIndex(other =>
                Math.Abs((long)other.At - i) <= SyncWindow && other.Keys.Zip(keys).All(pair => comparer.Compare(pair.First, pair.Second) == 0));
            if (at < 0)
            {
                missing.Add(left[i]);
                continue;
            }
            unmatched.RemoveAt(at);
            if (IncludeEqual || ExcludeDifferent) Write(left[i].Item, keys, properties, "==");
        }
        if (ExcludeDifferent) return;
        foreach (var (item, keys, _) in unmatched) Write(item, keys, properties, "=>");
        foreach (var (item, keys) in missing) Write(item, keys, properties, "<=");
    }

    private void Write(PSObject item, object?[] keys, PropertyArgument[] properties, string side)
    {
        PSObject result;
        if (PassThru)
        {
            result = PSObject.AsPSObject(item);
        }
        else
        {
            result = new PSObject();
            if (properties.Length == 0) result.Properties.Add(new PSNoteProperty("InputObject", item));
            for (var i = 0; i < properties.Length; i++)
            {
                result.Properties.Add(new PSNoteProperty(properties[i].Label ?? properties[i].Expression.ToString(), keys[i]));
            }
        }
        result.Properties.Add(new PSNoteProperty("SideIndicator", side), preValidated: true);
        WriteObject(result);
    }
}
