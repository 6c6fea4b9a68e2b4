using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Mono.Cecil;
using Xunit;

namespace Pro.DockerVersioning.Tests;

/// <summary>The house has one staircase: a room refers to rooms below it, and to none above. A room is a source folder.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>The rooms from the ground up.</summary>
    private static readonly string[] GroundUp =
    [
        "Reporting", "Errors", "Machine", "Versions", "Git", "Git/Context", "Output", "Engine", "Engine/Api",
        "Configuration", "Configuration/Compose", "Configuration/Catalog", "Registry", "History",
        "Images/Building/Dockerfile", "Images/Building/Output", "Images/Building", "Images", "Deployment/Locking",
        "Deployment/Health/Probes", "Deployment/Container/Recipe", "Deployment/Health", "Deployment/Container/Swap",
        "Deployment/Compose/Program", "Deployment/Swarm/Api", "Deployment/Strategies", "Deployment/Compose/Project",
        "Deployment/Container", "Deployment/Compose", "Deployment/Swarm", "Deployment", "Cleaning/Tasks", "Cleaning",
        "Commands/Parameters", "Commands", "Commands/Building", "Commands/Deploying", "Commands/Cleaning",
    ];

    private static readonly string Source = Path.GetFullPath(Path.Combine(Here(), "../../src/Pro.DockerVersioning"));

    private static readonly Dictionary<string, string> RoomOfType = Files()
        .SelectMany(
            file => Declarations().Matches(File.ReadAllText(file)).Select(match => (Type: match.Groups[1].Value, Room: RoomOf(file))))
        .DistinctBy(one => one.Type)
        .ToDictionary(one => one.Type, one => one.Room);

    private static readonly ModuleDefinition Module = ModuleDefinition.ReadModule(typeof(ProVersion).Assembly.Location);

    [Fact]
    public void A_room_refers_only_to_rooms_below_it()
    {
        var offenders = from reference in References()
                        let to = RoomOf(reference.To)
                        where to is not null && Floor(to) > Floor(reference.Room)
                        select $"{reference.Room} -> {to}: {reference.From.FullName} -> {reference.To.FullName}";
        Assert.Empty(offenders.Distinct());
    }

    [Fact]
    public void Documentation_refers_only_to_rooms_below_it_too()
    {
        var offenders = from file in Files()
                        let room = RoomOf(file)
                        from Match match in Usings().Matches(File.ReadAllText(file))
                        let to = match.Groups[1].Value.Replace('.', '/')
                        where Floor(to) > Floor(room)
                        select $"{Path.GetRelativePath(Source, file)} uses {to}";
        Assert.Empty(offenders);
    }

    [Theory]
    [InlineData("Errors")]
    [InlineData("Reporting")]
    public void The_ground_floor_refers_to_nothing_of_ours(string room)
    {
        var offenders = from reference in References()
                        where reference.Room == room && RoomOf(reference.To) is { } to && to != room
                        select $"{reference.From.FullName} -> {reference.To.FullName}";
        Assert.Empty(offenders.Distinct());
    }

    [Fact]
    public void Only_the_commands_know_PowerShell()
    {
        var offenders = from reference in References()
                        where !reference.Room.StartsWith("Commands", StringComparison.Ordinal)
                            && reference.To.Namespace.StartsWith("System.Management.Automation", StringComparison.Ordinal)
                        select $"{reference.From.FullName} -> {reference.To.FullName}";
        Assert.Empty(offenders.Distinct());
    }

    [Fact]
    public void Every_room_has_its_floor() =>
        Assert.Equal(GroundUp.Order(StringComparer.Ordinal), Files().Select(RoomOf).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void A_room_has_at_most_25_files() =>
        Assert.Empty(Files().GroupBy(RoomOf).Where(room => room.Count() > 25).Select(room => $"{room.Key}: {room.Count()}"));

    [Fact]
    public void Public_types_have_one_namespace_and_others_that_of_their_room()
    {
        var offenders = from type in Module.Types
                        where RoomOf(type) is not null
                        let wanted = type.IsPublic ? "Pro.DockerVersioning" : $"Pro.DockerVersioning.{RoomOf(type)!.Replace('/', '.')}"
                        where type.Namespace != wanted && !(type.IsNotPublic && type.Namespace == "Pro.DockerVersioning")
                        select type.FullName;
        Assert.Empty(offenders);
    }

    /// <summary>
    /// By its name alone a program would be looked for in the current folder first: a cloned repository's own "git" would run. Who starts
    /// one asks <c>ProgramFinder</c>, or is listed here with where its path comes from.
    /// </summary>
    [Fact]
    public void Programs_are_started_by_their_full_path()
    {
        string[] resolved =
        [
            "CleanupTrial.cs: task.Shell", // The one of the job, by FindShell.
            "ComposeProbe.cs: path", // By DockerClientFinder.
            "ComposeProcess.cs: program.Path", // As ComposeProbe found it.
            "RegistryCredentialHelpers.cs: path", // By its FindProgram.
            "GitProgram.cs: path", "GitProgram.cs: start", "CatFileStream.cs: start", // By ProgramFinder, some lines before.
            "ClientProcess.cs: executable", // As BuilderProbe found it.
            "BuilderProbe.cs: path", // By DockerClientFinder.
        ];
        var starts = from file in Files()
                     from Match match in ProgramStarts().Matches(File.ReadAllText(file))
                     let what = match.Groups[1].Value
                     where !what.StartsWith("ProgramFinder.Find(", StringComparison.Ordinal)
                     select $"{Path.GetFileName(file)}: {what}";
        Assert.Equal(resolved.Order(StringComparer.Ordinal), starts.Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// To open a named pipe waits for its writer: a user's file is read by <c>RegularFile</c>. The others read what the system, git, or
    /// this module has written.
    /// </summary>
    [Fact]
    public void A_users_file_is_read_by_the_one_reader_that_no_pipe_can_hold_up()
    {
        string[] readers =
        [
            "RegularFile", "LinuxProcess", "ProcessIdentity", "OwnContainer", "ComposeOrphans", "TagReader", "DataRoot", "CronScheduler",
            "SystemdScheduler", "CleanupTaskStore", "ClientImageBuilder",
        ];
        var found = from type in Module.GetTypes()
                    let outer = OutermostOf(type).Name.Split('`')[0]
                    from method in type.Methods
                    where method.HasBody
                    from instruction in method.Body.Instructions
                    let called = instruction.Operand as MethodReference
                    where called is not null && (called.DeclaringType.FullName == "System.IO.File"
                        ? called.Name.StartsWith("Read", StringComparison.Ordinal)
                            || called.Name.StartsWith("Open", StringComparison.Ordinal)
                        : called.DeclaringType.FullName == "System.IO.StreamReader" && called.Name == ".ctor"
                            && called.Parameters[0].ParameterType.FullName == "System.String")
                    select outer;
        Assert.Equal(readers.Order(StringComparer.Ordinal), found.Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// Also who opens a file itself asks <c>RegularFile</c> first. The others only hold locks, or make files of their own.
    /// </summary>
    [Fact]
    public void Who_opens_a_users_file_looks_first_whether_it_is_a_pipe()
    {
        string[] others = ["FileLock", "CronScheduler", "ContextFolder"];
        var calls = (from type in Module.GetTypes()
                     let outer = OutermostOf(type).Name.Split('`')[0]
                     from method in type.Methods
                     where method.HasBody
                     from instruction in method.Body.Instructions
                     let called = instruction.Operand as MethodReference
                     where called is not null
                     select (Type: outer, On: called.DeclaringType.Name, called.Name)).ToList();
        var open = calls.Where(call => call is { On: "FileStream", Name: ".ctor" }
            || call.Name.Contains("PemFile", StringComparison.Ordinal));
        var careful = calls.Where(call => call.On == "RegularFile").Select(call => call.Type).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(
            others.Order(StringComparer.Ordinal),
            open.Select(call => call.Type).Distinct().Where(type => !careful.Contains(type)).Order(StringComparer.Ordinal));
    }

    private static int Floor(string room) => Array.IndexOf(GroundUp, room);

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
        .Where(file => RoomOf(file).Split('/')[0] is not ("obj" or "bin"));

    private static string RoomOf(string file) => Path.GetRelativePath(Source, Path.GetDirectoryName(file)!).Replace('\\', '/');

    private static string? RoomOf(TypeReference type)
    {
        var outer = OutermostOf(type);
        return outer.Scope == Module ? RoomOfType.GetValueOrDefault(outer.Name.Split('`')[0]) : null;
    }

    private static TypeReference OutermostOf(TypeReference type) => type.DeclaringType is { } declaring ? OutermostOf(declaring) : type;

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(
        @"^(?:public |internal |file )?(?:static |sealed |abstract |partial |readonly )*"
            + @"(?:class|record struct|record|enum|interface|struct) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Declarations();

    [GeneratedRegex(@"(?:Cli\.Wrap|new ProcessStartInfo|[^.]Process\.Start)\(\s*([\w.$""]*\(?)")]
    private static partial Regex ProgramStarts();

    [GeneratedRegex(@"^using Pro\.DockerVersioning\.([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Usings();

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
            .Concat(type.Methods.SelectMany(
                method => method.Parameters.Select(parameter => parameter.ParameterType).Append(method.ReturnType)));
        var code = type.Methods.Where(method => method.HasBody).SelectMany(method => method.Body.Instructions).SelectMany(instruction =>
            instruction.Operand switch
            {
                TypeReference operand => [operand],
                MethodReference method =>
                    method.Parameters.Select(p => p.ParameterType).Append(method.DeclaringType).Append(method.ReturnType),
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
