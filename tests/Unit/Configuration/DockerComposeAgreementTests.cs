using System.Diagnostics;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

/// <summary>
/// Puts the same files before the real docker-compose and before our reader, and compares what both make of <c>build</c> and <c>image</c>.
/// docker-compose renders YAML; our own YAML reader reads it back without replacing anything.
/// </summary>
public sealed class DockerComposeAgreementTests
{
    private const string Head = "version: \"3.8\"\n";

    private static readonly (string Name, string Env, string[] Files)[] Cases =
    [
        ("interpolation", "FILE_ONLY=\"a b\" # c\nBOTH=file\nEMPTY_IN_FILE=\n", ["""
            services:
              api:
                image: "r/${NAME:-api}:${V-1}"
                build:
                  context: ./apps/${DIR:-api}
                  dockerfile: ${DF-Dockerfile.x}
                  target: "${EMPTY:-fallback}"
                  args:
                    A: "$BOTH"
                    B: "${BOTH}-${FILE_ONLY}"
                    C: "${EMPTY-x}"
                    D: "${EMPTY:-x}"
                    E: "$$BOTH $${BOTH}"
                    F: "${UNSET}"
                    G: "${EMPTY_IN_FILE:-default with spaces: and / slashes}"
                    H: "${SET:?needed}"
                    I: "x${UNSET-}y"
            """]),
        ("argument shapes", "FROM_FILE=f\nBOTH=file\n", ["""
            services:
              api:
                build:
                  context: .
                  args: [ "A=1", "B=x=y", FROM_FILE, BOTH, "E=", "F=${SET}" ]
                  labels: { one: two, empty: "" }
              web:
                build:
                  context: .
                  args: { A: 1, B: text, FROM_FILE: , BOTH: null, E: "" }
                  labels: [ "one=two", flag ]
            """]),
        ("anchors", "", ["""
            x-args: &args { A: base, B: base }
            x-build: &build
              context: ./base
              target: t
              args: *args
            services:
              api:
                build:
                  <<: *build
                  dockerfile: D
              web:
                build:
                  <<: [ { target: first, context: ./one }, { target: second, dockerfile: Two } ]
                  args: { <<: *args, B: own, C: own }
            """]),
        ("several files", "", [
            """
            services:
              api:
                image: r/api:1
                build: { context: ./a, target: a, args: { A: "1", B: "1" }, cache_from: [ x, z ], labels: { l: "1" } }
              web: { build: ./web }
              plain: { image: p, build: ./p }
            """,
            """
            services:
              api:
                image: r/api:2
                build: { target: b, args: [ B=2, C=2, BOTH ], cache_from: [ z, x ], labels: [ "l=2", "m=3" ] }
              web: { build: { dockerfile: X } }
              plain: { image: q }
              new: { build: { context: ./x/../new } }
            """]),
        ("extends", "", ["""
            services:
              base: { build: { context: ./base, target: t, args: { A: base, B: base } } }
              api: { extends: { service: base }, build: { context: ./api, args: { B: api } } }
              web: { extends: base }
            """]),
        ("quotes and blocks", "Q='single $BOTH'\nexport EX=exported\nM=\"one\\ntwo\"\n", ["""
            services:
              api:
                build:
                  context: '.'
                  args:
                    A: 'it''s $BOTH'
                    B: "tab\t\"q\" \u00e9"
                    C: |
                      two
                      lines $BOTH
                    D: >-
                      folded
                      text
                    E: plain text # comment
                    F: "#no comment"
                    G: $Q
                    H: $EX
                    I: $M
            """]),
    ];

    private static readonly Dictionary<string, string> Variables = new() { ["SET"] = "set", ["BOTH"] = "process", ["EMPTY"] = "" };

    public static TheoryData<string> CaseNames => [.. Cases.Select(test => test.Name)];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task Docker_compose_and_we_agree_on_what_is_built(string name)
    {
        var (_, env, files) = Cases.Single(test => test.Name == name);
        var root = Directory.CreateTempSubdirectory("pro-compose-");
        try
        {
            var folder = root.CreateSubdirectory("repository").FullName;
            var names = files.Select((_, index) => $"compose{index}.yml").ToArray();
            await File.WriteAllTextAsync(Path.Combine(folder, ".env"), env, TestContext.Current.CancellationToken);
            foreach (var (file, text) in names.Zip(files))
            {
                await File.WriteAllTextAsync(Path.Combine(folder, file), Head + text, TestContext.Current.CancellationToken);
            }

            var tree = new MemoryTree([(".env", env), .. names.Zip(files, (file, text) => (file, Head + text))]);
            var ours = ComposeProject.Load(new ComposeInputs(tree, Variables.GetValueOrDefault, folder), names);

            // docker-compose looks whether the contexts exist.
            foreach (var service in ours.Services)
            {
                Directory.CreateDirectory(Path.Combine(folder, service.ReadBuild()!.Context));
            }

            var rendered = await RenderAsync(folder, names);
            if (rendered is null)
            {
                Assert.Skip("docker-compose isn't installed here.");
            }

            Assert.Equal(Facts(rendered, folder), Facts(ours));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    /// <summary>Files for compose v2 alone: it reads scalars, includes and resets in its own way.</summary>
    private static readonly (string Name, (string Path, string Text)[] Files)[] NewCases =
    [
        ("scalars", [("compose0.yml", """
            services:
              api:
                build:
                  context: .
                  args:
                    T1: True
                    T2: TRUE
                    T3: true
                    T4: yes
                    T5: on
                    T6: y
                    F1: False
                    F2: no
                    I1: 0755
                    I2: 0o17
                    I3: 0x1F
                    I4: 0b101
                    I5: 1_000
                    I6: +12
                    I7: -0755
                    I8: 18446744073709551615
                    I9: 18446744073709551616
                    I10: 08
                    I11: 0
                    I12: -0
                    I13: 9223372036854775808
                    I14: 1__0
                    I15: 0_7
                    D1: 1.10
                    D2: 1.0
                    D3: 1e3
                    D4: 1e6
                    D5: 123456789.0
                    D6: 0.0001
                    D7: 0.00001
                    D8: 1e21
                    D9: .5
                    D10: 5.
                    D11: -1.50
                    D12: 1_0.5
                    D13: .inf
                    D14: -.inf
                    D15: .nan
                    D16: 1.2.3
                    D17: 1e400
                    D18: 1E+2
                    D19: 12345.678901234567
                    D20: 100000.0
                    D21: 0.1e-6
                    D22: +.5
                    D23: 0.0
                    D24: -0.0
                    X1: 12:30:45
                    X2: 190:20:30
                    X3: 1.10-alpine
                    X4: 0x
                    X5: "1.10"
                    X6: '0755'
                    X7: !!str 1.10
                    X8: v1.10
                    X10: .
                    X12: 2024-13-45
                    X13: 0o8
                    X14: _1
                    D25: 12345678.5
                    D26: -.5
                    D27: .5e3
                    I16: -9223372036854775809
                    I17: +0x1F
                    X11: 1.10 # comment
                  labels: { a: 1.10, b: True, c: 0755, d: ~ }
              list:
                build: { context: ., args: [ A=1.10, B=True, C=0755 ] }
            """)]),
        ("include and override", [
            ("compose0.yml", "include: [ apps/inc.yml ]\nservices: { web: { build: ./web } }\n"),
            ("compose1.yml", "services: { api: { build: { target: over, args: { A: 2 } } } }\n"),
            ("apps/inc.yml", "services: { api: { image: r/api, build: { context: ./api, args: { A: 1, B: 1 } } } }\n"),
        ]),
        ("one file included twice and a diamond", [
            ("compose0.yml", "include: [ a.yml, b.yml, common.yml, common.yml ]\nservices: { web: { build: ./web } }\n"),
            ("a.yml", "include: [ common.yml ]\nservices: { a: { build: ./a } }\n"),
            ("b.yml", "include: [ common.yml ]\nservices: { b: { build: ./b } }\n"),
            ("common.yml", "services: { db: { build: { context: ./db, args: [ A=$BOTH ] } } }\n"),
        ]),
        ("resets in the only file and in a later one", [
            ("compose0.yml", """
                services:
                  api: { image: r/api, build: { context: ./api, target: !reset null, args: { A: !reset null, B: 1 } } }
                  web: { image: r/web, build: !reset null }
                  gone: { build: ./gone }
                  over: { build: { context: ./over, args: { A: 1, B: 1 } } }
                """),
            ("compose1.yml",
                "services: { gone: !reset null, over: { build: { args: !override { C: 1 } } }, "
                    + "api: { build: { args: { B: !reset null } } } }\n"),
        ]),
        ("each file is extended before the next one is put over it", [
            ("compose0.yml",
                "services: { base: { build: { context: ./base, args: { A: 1 } } }, api: { extends: base, build: { args: { B: 1 } } } }\n"),
            ("compose1.yml", "services: { base: { build: { args: { A: 2 } } } }\n"),
        ]),
        ("an included service is extended by name of the file", [
            ("compose0.yml", "services: { api: { extends: { file: shared/base.yml, service: base }, build: { target: own } } }\n"),
            ("shared/base.yml", "services: { base: { build: { context: ./ctx, dockerfile: ../D, args: { A: True } } } }\n"),
        ]),
        ("the project's name", [
            ("compose0.yml",
                "name: shop\nservices: { api: { image: \"${COMPOSE_PROJECT_NAME}/api\", "
                    + "build: { context: ., args: { N: \"${COMPOSE_PROJECT_NAME}\" } } } }\n")]),
        ("the folder's name", [
            ("compose0.yml", "services: { api: { build: { context: ., args: { N: \"${COMPOSE_PROJECT_NAME}\" } } } }\n")]),
        ("an empty platform", [("compose0.yml", "services: { api: { platform: \"${UNSET_PLATFORM:-}\", build: . } }\n")]),
        ("files of variables", [
            ("compose0.yml", "services: { api: { build: { context: ., args: [ \"A=$A\", \"B=$B\", \"C=$C\" ] } } }\n"),
            (".env", "A=dotenv\nB=dotenv\nC=dotenv\n"),
            ("one.env", "A=one\nB=one\nC=one\n"),
            ("two.env", "B=two-$A\n"),
        ]),
        ("no file of variables", [
            ("compose0.yml", "services: { api: { build: { context: ., args: [ \"A=${A:-none}\" ] } } }\n"),
            (".env", "A=dotenv\n"),
        ]),
    ];

    private static readonly Dictionary<string, Dictionary<string, string>> NewVariables = new()
    {
        ["files of variables"] = new() { ["COMPOSE_ENV_FILES"] = "one.env,two.env" },
        ["no file of variables"] = new() { ["COMPOSE_DISABLE_ENV_FILE"] = "1" },
    };

    public static TheoryData<string> NewCaseNames => [.. NewCases.Select(test => test.Name)];

    [Theory]
    [MemberData(nameof(NewCaseNames))]
    public async Task Compose_v2_and_we_agree_on_what_is_built(string name)
    {
        Assert.SkipUnless(TestPlugins.Variables.Count > 0, "PRO_TEST_DOCKER_CONFIG names no folder with compose's plugin.");
        var (_, files) = NewCases.Single(test => test.Name == name);
        var variables = new Dictionary<string, string>(Variables.Concat(NewVariables.GetValueOrDefault(name) ?? []));
        var root = Directory.CreateTempSubdirectory("pro-compose-");
        try
        {
            var folder = root.CreateSubdirectory("Repo.sitory_1").FullName;
            foreach (var (path, text) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
                await File.WriteAllTextAsync(Path.Combine(folder, path), text, TestContext.Current.CancellationToken);
            }

            var names = files.Select(file => file.Path).Where(file => file.StartsWith("compose", StringComparison.Ordinal)).ToArray();
            var ours = ComposeProject.Load(new ComposeInputs(new MemoryTree(files), variables.GetValueOrDefault, folder), names);
            var start = new ProcessStartInfo(
                "docker") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
            string[] arguments = ["compose", .. names.SelectMany(file => new[] { "-f", file }), "config"];
            foreach (var argument in arguments)
            {
                start.ArgumentList.Add(argument);
            }

            foreach (var variable in new[] { "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "A", "B", "C", "UNSET_PLATFORM" })
            {
                start.Environment.Remove(variable);
            }

            foreach (var (variable, value) in variables.Concat(TestPlugins.Variables!))
            {
                start.Environment[variable] = value;
            }

            var rendered = await RunAsync(start);
            Assert.Equal(Facts(rendered!, folder), Facts(ours));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static List<string> Facts(ComposeProject project)
    {
        var facts = new List<string>();
        foreach (var service in project.Services.Where(service => service.HasBuild))
        {
            var build = service.ReadBuild()!;
            Assert.Empty(build.Refusals);
            facts.Add($"{service.Name} image {service.Image}");
            facts.Add($"{service.Name} context {build.Context}");
            facts.Add(
                $"{service.Name} dockerfile {build.Dockerfile ?? Pro.DockerVersioning.Git.TreePath.Join(build.Context, "Dockerfile")}");
            facts.Add($"{service.Name} target {build.Target}");
            facts.AddRange(build.Args.Select(arg => $"{service.Name} arg {arg.Key}={arg.Value}"));
            facts.AddRange(build.Labels.Select(label => $"{service.Name} label {label.Key}={label.Value}"));
            facts.AddRange(build.CacheFrom.Select(image => $"{service.Name} cache {image}"));
        }

        return [.. facts.Order(StringComparer.Ordinal)];
    }

    /// <summary>The same facts of what docker-compose rendered: contexts are absolute there, and a dollar is doubled.</summary>
    private static List<string> Facts(string rendered, string folder)
    {
        var variables = new ComposeVariables(_ => null, new Dictionary<string, string>(), ".env", null);
        var document = (ComposeMapping)ComposeYaml.Parse(rendered, new ComposeSource("rendered", string.Empty, variables, null))[0];
        var facts = new List<string>();
        foreach (var (name, node) in ((ComposeMapping)document["services"]!).Entries)
        {
            var service = (ComposeMapping)node;
            if (service["build"] is not ComposeMapping build)
            {
                continue;
            }

            var context = Path.GetRelativePath(folder, Text(build, "context")!).TrimStart('.');
            facts.Add($"{name} image {Text(service, "image")}");
            facts.Add($"{name} context {context}");
            facts.Add($"{name} dockerfile {RepositoryPath.Resolve(context, Text(build, "dockerfile") ?? "Dockerfile")}");
            facts.Add($"{name} target {Text(build, "target")}");
            facts.AddRange(Entries(build, "args").Select(arg => $"{name} arg {arg.Key}={Text(arg.Value)}"));
            facts.AddRange(Entries(build, "labels").Select(label => $"{name} label {label.Key}={Text(label.Value)}"));
            facts.AddRange((build["cache_from"] as ComposeSequence)?.Items.Select(image => $"{name} cache {Text(image)}") ?? []);
        }

        return [.. facts.Order(StringComparer.Ordinal)];
    }

    private static IReadOnlyList<KeyValuePair<string, ComposeNode>> Entries(ComposeMapping build, string key) =>
        (build[key] as ComposeMapping)?.Entries ?? [];

    private static string? Text(ComposeMapping mapping, string key) => mapping[key] is { } node ? Text(node) : null;

    private static string Text(ComposeNode node) => ((ComposeScalar)node).Text.Replace("$$", "$", StringComparison.Ordinal);

    private static async Task<string?> RenderAsync(string folder, IReadOnlyList<string> files)
    {
        var start = new ProcessStartInfo("docker-compose")
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in files.SelectMany(file => new[] { "-f", file }).Append("config"))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in new[] { "COMPOSE_FILE", "UNSET", "NAME", "V", "DIR", "DF", "FILE_ONLY", "FROM_FILE" })
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        return await RunAsync(start);
    }

    private static async Task<string?> RunAsync(ProcessStartInfo start)
    {
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, error);
            return await output;
        }
    }
}
