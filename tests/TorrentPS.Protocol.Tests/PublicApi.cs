using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace TorrentPS.Protocol.Tests;

/// <summary>
/// Compares a library's public types and members with a listing that is under version control, so that a change of the
/// public API is seen in review.
/// </summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    /// <summary>Fails with the added and removed lines if the listing does not match the library.</summary>
    /// <param name="assembly">The library.</param>
    /// <param name="listing">Path of the listing in the source tree.</param>
    public static void AssertUnchanged(Assembly assembly, string listing)
    {
        string[] actual = [.. assembly.GetExportedTypes().SelectMany(LinesOf).Order(StringComparer.Ordinal)];
        string[] expected = File.Exists(listing) ? File.ReadAllLines(listing) : [];
        if (actual.SequenceEqual(expected))
            return;
        string received = Path.Combine(AppContext.BaseDirectory, Path.GetFileName(listing));
        File.WriteAllLines(received, actual);
        var message = new StringBuilder(
            $"The public API has changed. If that is intended, copy '{received}' to '{listing}':");
        foreach (string line in actual.Except(expected))
            message.Append(Environment.NewLine).Append("+ ").Append(line);
        foreach (string line in expected.Except(actual))
            message.Append(Environment.NewLine).Append("- ").Append(line);
        Assert.Fail(message.ToString());
    }

    private static IEnumerable<string> LinesOf(Type type)
    {
        string name = $"{type.Namespace}.{NameOf(type)}";
        string bases = string.Join(", ", BasesOf(type).Select(NameOf).Order(StringComparer.Ordinal));
        yield return bases.Length == 0 ? $"{name}: {KindOf(type)}" : $"{name}: {KindOf(type)}, {bases}";
        if (type.IsEnum)
        {
            foreach (string value in Enum.GetNames(type))
                yield return $"{name}.{value} = {Enum.Format(type, Enum.Parse(type, value), "d")}";
            yield break;
        }

        foreach (MemberInfo member in type.GetMembers(Declared).Where(member => IsWritten(type, member)))
        {
            if (SignatureOf(member) is { } signature)
                yield return $"{name}.{signature}";
        }
    }

    private static string KindOf(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static IEnumerable<Type> BasesOf(Type type)
    {
        Type[] interfaces = type.IsEnum ? [] : [.. type.GetInterfaces().Where(each => each.IsPublic)];
        bool hasBase = type is { IsClass: true, BaseType: { } parent } && parent != typeof(object);
        return hasBase ? interfaces.Append(type.BaseType!) : interfaces;
    }

    /// <summary>Leaves out what the compiler adds to records.</summary>
    private static bool IsWritten(Type type, MemberInfo member) =>
        member is not (Type or MethodBase { IsSpecialName: true, IsConstructor: false })
        && (member is ConstructorInfo || !member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
        && !(member is ConstructorInfo made && made.GetParameters() is [var only] && only.ParameterType == type)
        && member.Name is not ("<Clone>$" or "PrintMembers" or "EqualityContract" or "Deconstruct");

    private static string? SignatureOf(MemberInfo member) => member switch
    {
        ConstructorInfo constructor when IsVisible(constructor) => $"new({ParametersOf(constructor)})",
        MethodInfo method when IsVisible(method) =>
            $"{Static(method)}{method.Name}{GenericsOf(method)}({ParametersOf(method)}): {NameOf(method.ReturnType)}",
        PropertyInfo property when (property.GetMethod ?? property.SetMethod) is { } accessor && IsVisible(accessor) =>
            $"{Static(accessor)}{property.Name}: {NameOf(property.PropertyType)} {{{AccessorsOf(property)} }}",
        FieldInfo { IsPublic: true } field => $"{Modifier(field)}{field.Name}: {NameOf(field.FieldType)}",
        EventInfo { AddMethod: { } add } raised when IsVisible(add) =>
            $"event {raised.Name}: {NameOf(raised.EventHandlerType!)}",
        _ => null,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    private static string Modifier(FieldInfo field) => field switch
    {
        { IsLiteral: true } => "const ",
        { IsStatic: true } => "static ",
        _ => "",
    };

    private static string GenericsOf(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(NameOf))}>" : "";

    /// <summary>Types and names of the parameters; optional ones end with a question mark.</summary>
    private static string ParametersOf(MethodBase method) => string.Join(", ", method.GetParameters().Select(
        parameter => $"{NameOf(parameter.ParameterType)} {parameter.Name}{(parameter.IsOptional ? "?" : "")}"));

    private static string AccessorsOf(PropertyInfo property)
    {
        bool isInit = property.SetMethod is { } init
            && init.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
        string get = property.GetMethod is { } getter && IsVisible(getter) ? " get;" : "";
        string set = property.SetMethod is { } setter && IsVisible(setter) ? (isInit ? " init;" : " set;") : "";
        return (property.IsDefined(typeof(RequiredMemberAttribute)) ? " required" : "") + get + set;
    }

    private static string NameOf(Type type)
    {
        if (type.IsByRef || type.IsArray)
            return NameOf(type.GetElementType()!) + (type.IsArray ? "[]" : "&");
        bool isNested = type.IsNested && !type.IsGenericParameter;
        string name = isNested ? $"{NameOf(type.DeclaringType!)}.{type.Name}" : type.Name;
        if (!type.IsGenericType || !name.Contains('`', StringComparison.Ordinal))
            return name;
        string arguments = string.Join(", ", type.GetGenericArguments().Select(NameOf));
        return $"{name[..name.IndexOf('`', StringComparison.Ordinal)]}<{arguments}>";
    }
}
