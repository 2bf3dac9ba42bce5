using System.Reflection;
using System.Reflection.Emit;
using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests;

/// <summary>Who may know whom. A floor knows only what is named here; siblings that are not named never see one another.</summary>
public sealed class ArchitectureTests
{
    /// <summary>What each part of the engine may see beside itself and the protocol library.</summary>
    private static readonly Dictionary<string, string[]> s_sees = new()
    {
        ["Runtime"] = [],
        ["Snapshots"] = ["Policy"],
        ["Policy"] = [],
        ["Transport"] = [],
        ["Trackers"] = [],
        ["Discovery"] = ["Runtime", "Snapshots"],
        ["Dht"] = ["Runtime", "Snapshots"],
        ["Storage"] = ["Runtime"],
        ["Peers"] = ["Runtime", "Storage"],
        ["WebSeeds"] = ["Peers", "Storage", "Policy", "Runtime"],
        ["Swarm.State"] = ["Peers", "Policy", "Storage", "Snapshots", "Runtime"],
        ["Swarm.Handlers"] = ["Swarm.State", "Peers", "Policy", "Storage", "Snapshots", "Runtime"],
        ["Swarm"] = ["Swarm.Handlers", "Swarm.State", "Peers", "Policy", "Storage", "Snapshots", "Runtime"],
        ["Metadata"] = ["Swarm.Handlers", "Swarm.State", "Peers", "Policy", "Snapshots", "Runtime"],
        ["Session"] = ["Metadata", "Swarm", "Swarm.Handlers", "Swarm.State", "Peers", "Policy", "Storage", "Snapshots", "Runtime", "Transport", "Trackers", "Discovery", "Dht", "WebSeeds"],
    };

    /// <summary>Where only certain types of a part may be seen.</summary>
    private static readonly Dictionary<(string From, string To), string[]> s_contracts = new()
    {
        [("Dht", "Snapshots")] = ["DhtStatus", "DhtNodeStatus", "DhtBucketStatus"],
        [("Discovery", "Snapshots")] = ["DiscoveryState", "DiscoveryStatus", "LocalNetwork"],
        [("Peers", "Storage")] = ["IContentReader", "StorageException"],
        [("Snapshots", "Policy")] = ["ChokeReason", "DownloadPriority"],
        [("Swarm.State", "Storage")] = ["IPieceStore", "StorageFault"],
        [("Swarm.Handlers", "Storage")] = ["IPieceStore", "StorageFault", "StorageFaultKind"],
        [("Swarm", "Storage")] = ["IPieceStore", "StorageFault", "StorageFaultKind"],
        [("WebSeeds", "Storage")] = ["ContentLayout", "ContentSection"],
        [("WebSeeds", "Policy")] = ["AddressScope", "AddressScopes", "ReconnectBackoff"],
    };

    [Fact]
    public void Every_part_of_the_engine_sees_only_the_floors_under_it()
    {
        List<(string From, string To)> uses = [.. Uses(typeof(TorrentSession).Assembly)];
        Assert.True(uses.Count > 200, "The references could not be read.");
        string[] breaches = [.. uses.Where(use => !IsAllowed(use.From, use.To)).Select(use => $"{use.From} uses {use.To}").Distinct().Order()];
        Assert.True(breaches.Length == 0, string.Join(Environment.NewLine, breaches));
    }

    [Fact]
    public void The_protocol_library_knows_nothing_of_the_engine_nor_of_sockets_files_and_tasks()
    {
        string[] names = [.. typeof(BlockAddress).Assembly.GetReferencedAssemblies().Select(name => name.Name!)];
        Assert.DoesNotContain(names, name => name.StartsWith("TorrentPS", StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name is "System.Net.Sockets" or "System.Net.Http" or "System.IO.FileSystem");
    }

    [Fact]
    public void Floors_have_no_cycle()
    {
        var done = new HashSet<string>();
        while (done.Count < s_sees.Count)
        {
            string? next = s_sees.Keys.FirstOrDefault(part => !done.Contains(part) && s_sees[part].All(done.Contains));
            Assert.True(next is not null, $"A cycle among: {string.Join(", ", s_sees.Keys.Except(done))}");
            done.Add(next);
        }
    }

    private static bool IsAllowed(string from, string to)
    {
        string[] source = from.Split('.');
        string[] target = to.Split('.');
        if (target[1] == "Protocol")
            return source[2] != "Policy" || target[2] == "Primitives";
        string sourcePart = PartOf(from);
        string targetPart = PartOf(to);
        if (sourcePart == targetPart)
            return true;
        return s_sees.TryGetValue(sourcePart, out string[]? sees) && sees.Contains(targetPart)
            && (!s_contracts.TryGetValue((sourcePart, targetPart), out string[]? contracts) || contracts.Contains(target[^1]));
    }

    /// <summary>The entry of <see cref="s_sees"/> with the longest name that begins a type's namespace under the engine's.</summary>
    private static string PartOf(string type)
    {
        string[] names = type.Split('.')[2..^1];
        for (int length = names.Length; length > 0; length--)
        {
            string part = string.Join('.', names[..length]);
            if (s_sees.ContainsKey(part))
                return part;
        }

        return "";
    }

    /// <summary>Every pair of full type names of which the first's methods, fields or signatures name the second.</summary>
    private static IEnumerable<(string From, string To)> Uses(Assembly assembly)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (Type type in assembly.GetTypes().Where(IsOurs))
        {
            var seen = new HashSet<Type>();
            foreach (Type other in type.GetInterfaces().Append(type.BaseType ?? typeof(object)).Concat(type.GetFields(all).Select(field => field.FieldType)))
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
                yield return (Outermost(type).FullName!, Outermost(other).FullName!);
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
