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

    private static List<string> Facts(ComposeProject project)
    {
        var facts = new List<string>();
        foreach (var service in project.Services)
        {
            var build = service.ReadBuild()!;
            Assert.Empty(build.Refusals);
            facts.Add($"{service.Name} image {service.Image}");
            facts.Add($"{service.Name} context {build.Context}");
            facts.Add($"{service.Name} dockerfile {build.Dockerfile}");
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
            var build = (ComposeMapping)service["build"]!;
            var context = Path.GetRelativePath(folder, Text(build, "context")!).TrimStart('.');
            facts.Add($"{name} image {Text(service, "image")}");
            facts.Add($"{name} context {context}");
            facts.Add($"{name} dockerfile {(Text(build, "dockerfile") is { } file ? RepositoryPath.Join(context, file) : null)}");
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
