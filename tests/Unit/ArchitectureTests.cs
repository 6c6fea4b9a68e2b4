using Mono.Cecil;
using Xunit;

namespace Pro.DockerVersioning.Tests;

/// <summary>The arrows between the rooms of the house point one way.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "Pro.DockerVersioning.";

    /// <summary>Each room, and those below it that it may refer to. Errors, Reporting and Programs are open to all.</summary>
    private static readonly Dictionary<string, string[]> Below = new()
    {
        ["Versions"] = [],
        ["Git"] = ["Versions"],
        ["Engine"] = ["Versions"],
        ["Configuration"] = ["Versions", "Git", "Engine"],
        ["Registry"] = ["Versions", "Engine", "Configuration"],
        ["History"] = ["Versions", "Engine", "Configuration"],
        ["Images"] = ["Versions", "Git", "Engine", "Configuration", "Registry"],
        ["Services"] = ["Versions", "Git", "Engine", "Configuration", "Registry", "History", "Images"],
        ["Cleaning"] = ["Versions", "Engine", "Configuration", "History", "Images", "Services"],
        ["Reporting"] = [],
        ["Programs"] = [],
    };

    private static readonly ModuleDefinition Module =
        ModuleDefinition.ReadModule(typeof(Pro.DockerVersioning.Versions.ProVersion).Assembly.Location);

    [Fact]
    public void Nothing_outside_the_commands_refers_to_PowerShell()
    {
        var offenders = References()
            .Where(reference => reference.Room != "Commands" && reference.To.Namespace.StartsWith("System.Management.Automation", StringComparison.Ordinal))
            .Select(reference => $"{reference.From.FullName} -> {reference.To.FullName}");
        Assert.Empty(offenders.Distinct());
    }

    [Fact]
    public void The_arrows_point_one_way()
    {
        var offenders = from reference in References()
                        let to = RoomOf(reference.To)
                        where to is not null && to != reference.Room && to is not ("Errors" or "Reporting" or "Programs")
                        where Below.TryGetValue(reference.Room, out var below) && !below.Contains(to)
                        select $"{reference.Room} -> {to}: {reference.From.FullName} -> {reference.To.FullName}";
        Assert.Empty(offenders.Distinct());
    }

    [Fact]
    public void Every_room_is_known()
    {
        var rooms = Module.Types.Select(RoomOf).OfType<string>().Distinct();
        Assert.Empty(rooms.Except([.. Below.Keys, "Commands", "Errors"]));
    }

    /// <summary>PowerShell alone reads an empty text as 0 and $true as 1.</summary>
    [Fact]
    public void Every_parameter_that_is_a_count_takes_whole_numbers_only()
    {
        var counts = (from type in Module.Types
                      where RoomOf(type) == "Commands"
                      from property in type.Properties
                      where property.CustomAttributes.Any(one => one.AttributeType.Name == "ParameterAttribute")
                      where property.PropertyType.MetadataType is MetadataType.Int32 or MetadataType.UInt32 or MetadataType.Int16
                          or MetadataType.UInt16 or MetadataType.Byte or MetadataType.Double or MetadataType.Single
                      select property).ToList();
        Assert.NotEmpty(counts);
        Assert.Empty(counts.Where(property => property.CustomAttributes.All(one => one.AttributeType.Name != "CountAttribute"))
            .Select(property => property.FullName));
    }

    private static string? RoomOf(TypeReference type)
    {
        var outer = type;
        while (outer.DeclaringType is { } declaring)
        {
            outer = declaring;
        }

        return outer.Scope == Module && outer.Namespace.StartsWith(Root, StringComparison.Ordinal)
            ? outer.Namespace[Root.Length..].Split('.')[0]
            : null;
    }

    private static IEnumerable<(string Room, TypeDefinition From, TypeReference To)> References() =>
        from type in Module.GetTypes()
        let room = RoomOf(type)
        where room is not null
        from to in ReferencesOf(type)
        from part in Parts(to)
        select (room, type, part);

    private static IEnumerable<TypeReference> ReferencesOf(TypeDefinition type)
    {
        var signature = type.Fields.Select(field => field.FieldType)
            .Concat(type.Properties.Select(property => property.PropertyType))
            .Concat(type.Interfaces.Select(one => one.InterfaceType))
            .Concat(type.Methods.SelectMany(method => method.Parameters.Select(parameter => parameter.ParameterType).Append(method.ReturnType)));
        var code = type.Methods.Where(method => method.HasBody).SelectMany(method => method.Body.Instructions).SelectMany(instruction =>
            instruction.Operand switch
            {
                TypeReference operand => [operand],
                MethodReference method => method.Parameters.Select(p => p.ParameterType).Append(method.DeclaringType).Append(method.ReturnType),
                FieldReference field => [field.DeclaringType, field.FieldType],
                _ => Enumerable.Empty<TypeReference>(),
            });
        return (type.BaseType is null ? signature : signature.Append(type.BaseType)).Concat(code);
    }

    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };
}
