using System.Reflection;
using System.Reflection.Emit;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests;

/// <summary>
/// Keeps the layers of the engine in order. A part is a folder of the engine. The root namespace holds two parts: the public values
/// (settings, status records, errors), which every layer may use, and the entry points on top of everything.
/// </summary>
public sealed class ArchitectureTests
{
    private const string Values = "(values)";
    private const string EntryPoints = "(entry points)";

    /// <summary>The types of the root namespace that put the engine together; all others there are values.</summary>
    private static readonly string[] s_entryPoints =
        ["TorrentSession", "Torrent", "PeerProbe", "TrackerQuery", "HttpDownload", "ContentCheck", "TorrentCreator"];

    /// <summary>The parts that each part may use, beside the public values and the protocol library.</summary>
    private static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        [Values] = [],
        ["Runtime"] = [],
        ["Policy"] = [],
        ["Network"] = [],
        ["Transport"] = ["Network", "Runtime"],
        ["Trackers"] = ["Network"],
        ["Discovery"] = ["Network", "Runtime"],
        ["Dht"] = ["Network", "Runtime"],
        ["PortMapping"] = ["Network", "Runtime"],
        ["Storage"] = ["Runtime"],
        ["Peers"] = ["Runtime", "Storage", "Transport"],
        ["WebSeeds"] = ["Network", "Peers", "Storage", "Policy", "Runtime"],
        ["Swarm"] = ["Peers", "Policy", "Storage", "Runtime"],
        ["Session"] =
            ["Swarm", "Peers", "Policy", "Storage", "Runtime", "Network", "Transport", "Trackers", "Discovery", "Dht",
                "PortMapping", "WebSeeds"],
        [EntryPoints] = ["Session", "Peers", "Policy", "Storage", "Runtime", "Network", "Transport", "Trackers", "Discovery", "Dht",
            "PortMapping"],
    };

    /// <summary>Pairs of parts between which only certain types may be used.</summary>
    private static readonly Dictionary<(string From, string To), string[]> s_contracts = new()
    {
        [("Peers", "Storage")] = ["IContentReader"],
        [("Peers", "Transport")] = ["PeerStream"],
        [("Swarm", "Storage")] = ["IPieceStore"],
        [("WebSeeds", "Storage")] = ["ContentLayout", "ContentSection"],
        [("WebSeeds", "Policy")] = ["ReconnectBackoff"],
    };

    [Fact]
    public void Every_part_of_the_engine_uses_only_the_layers_under_it()
    {
        List<(Type From, Type To)> uses = [.. Uses(typeof(TorrentSession).Assembly)];
        Assert.True(uses.Count > 200, "The references could not be read.");
        string[] breaches =
            [.. uses.Where(use => !IsAllowed(use.From, use.To)).Select(use => $"{use.From} uses {use.To}").Distinct().Order()];
        Assert.True(breaches.Length == 0, string.Join(Environment.NewLine, breaches));
    }

    [Fact]
    public void Namespaces_of_the_engine_have_no_cycle()
    {
        Dictionary<string, HashSet<string>> uses = Uses(typeof(TorrentSession).Assembly)
            .Where(use => use.From.Assembly == use.To.Assembly)
            .Select(use => (From: NamespaceOf(use.From), To: NamespaceOf(use.To)))
            .Where(use => use.From != use.To)
            .GroupBy(use => use.From, use => use.To)
            .ToDictionary(group => group.Key, group => group.ToHashSet());

        // Removes namespaces that use nothing which is left, until none can be removed: what remains is a cycle or above one.
        while (uses.FirstOrDefault(pair => !pair.Value.Any(uses.ContainsKey)) is { Key: { } free })
            uses.Remove(free);
        Assert.True(uses.Count == 0, "A cycle among these:" + string.Concat(uses.Select(
            pair => $"{Environment.NewLine}{pair.Key} uses {string.Join(", ", pair.Value.Where(uses.ContainsKey))}")));
    }

    [Fact]
    public void The_protocol_library_knows_nothing_of_the_engine_nor_of_sockets_files_and_tasks()
    {
        string[] names = [.. typeof(BlockAddress).Assembly.GetReferencedAssemblies().Select(name => name.Name!)];
        Assert.DoesNotContain(names, name => name.StartsWith("TorrentPS", StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name is "System.Net.Sockets" or "System.Net.Http" or "System.IO.FileSystem");
    }

    private static bool IsAllowed(Type from, Type to)
    {
        string source = PartOf(from);
        if (to.Assembly != from.Assembly)
            return source != "Policy" || to.Namespace == typeof(BlockAddress).Namespace;
        string target = PartOf(to);
        return source == target || target == Values
            || (s_mayUse.TryGetValue(source, out string[]? allowed) && allowed.Contains(target)
                && (!s_contracts.TryGetValue((source, target), out string[]? contracts) || contracts.Contains(to.Name)));
    }

    /// <summary>The namespace of a type; the two parts of the root namespace count as one each.</summary>
    private static string NamespaceOf(Type type) => PartOf(type) is { } part && part.StartsWith('(') ? part : type.Namespace!;

    private static string PartOf(Type type) => type.Namespace!.Split('.') switch
    {
        [_, _, string folder, ..] => folder,
        _ => s_entryPoints.Contains(type.Name) ? EntryPoints : Values,
    };

    /// <summary>Every pair of types of which the first's methods, fields or signatures name the second.</summary>
    private static IEnumerable<(Type From, Type To)> Uses(Assembly assembly)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
            | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (Type type in assembly.GetTypes().Where(IsOurs))
        {
            var seen = new HashSet<Type>();
            IEnumerable<Type> others = type.GetInterfaces().Append(type.BaseType ?? typeof(object))
                .Concat(type.GetFields(all).Select(field => field.FieldType));
            foreach (Type other in others)
                Add(seen, other);
            foreach (MethodBase method in type.GetMethods(all).Concat<MethodBase>(type.GetConstructors(all)))
            {
                foreach (ParameterInfo parameter in method.GetParameters())
                    Add(seen, parameter.ParameterType);
                if (method is MethodInfo { ReturnType: var returned })
                    Add(seen, returned);
                foreach (Type used in UsedInBody(method))
                    Add(seen, used);
            }

            foreach (Type other in seen.Where(IsOurs))
                yield return (Outermost(type), Outermost(other));
        }
    }

    private static void Add(HashSet<Type> seen, Type type)
    {
        if (type.HasElementType)
            Add(seen, type.GetElementType()!);
        else if (!type.IsGenericParameter && seen.Add(type) && type.IsGenericType)
            Array.ForEach(type.GetGenericArguments(), argument => Add(seen, argument));
    }

    /// <summary>The types of a body's locals, and of whatever its instructions call, load or make.</summary>
    private static IEnumerable<Type> UsedInBody(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body)
            yield break;
        foreach (LocalVariableInfo local in body.LocalVariables)
            yield return local.LocalType;
        byte[] code = body.GetILAsByteArray()!;
        Type[]? ofType = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int at = 0; at < code.Length;)
        {
            (int operand, bool isToken) = ReadOpCode(code, ref at);
            if (isToken && Resolve(method.Module, BitConverter.ToInt32(code, at), ofType, ofMethod) is { } member)
                yield return member as Type ?? member.DeclaringType ?? typeof(object);
            at += operand;
        }
    }

    private static MemberInfo? Resolve(Module module, int token, Type[]? ofType, Type[]? ofMethod)
    {
        try
        {
            return module.ResolveMember(token, ofType, ofMethod);
        }
        catch (ArgumentException)
        {
            // A string or a bare signature.
            return null;
        }
    }

    /// <summary>Steps over one instruction's code.</summary>
    /// <returns>The length of its operand in bytes, and whether that is a token.</returns>
    private static (int OperandLength, bool IsToken) ReadOpCode(byte[] code, ref int at)
    {
        int value = code[at++];
        if (value == 0xfe)
            value = (0xfe << 8) | code[at++];
        OpCode opCode = s_opCodes[unchecked((short)value)];
        return opCode.OperandType switch
        {
            OperandType.InlineNone => (0, false),
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI
                or OperandType.ShortInlineVar => (1, false),
            OperandType.InlineVar => (2, false),
            OperandType.InlineI8 or OperandType.InlineR => (8, false),
            OperandType.InlineSwitch => (4 + (4 * BitConverter.ToInt32(code, at)), false),
            OperandType.InlineField or OperandType.InlineMethod
                or OperandType.InlineTok or OperandType.InlineType => (4, true),
            _ => (4, false),
        };
    }

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(opCode => opCode.Value);

    private static bool IsOurs(Type type) => Outermost(type).Namespace?.StartsWith("TorrentPS.", StringComparison.Ordinal) == true;

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }
}
