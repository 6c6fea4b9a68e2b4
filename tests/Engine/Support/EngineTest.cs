using System.Diagnostics;
using System.Management.Automation;
using Pro.DockerVersioning.Tests.Git;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>
/// A test on the real engine: a git repository and a registry path of its own, the session in its folder, a clean environment; and
/// nothing of it stays behind. The session is one for all, as a user's is that goes on after an error.
/// </summary>
public abstract class EngineTest : IDisposable
{
    /// <summary>A Dockerfile that needs no program in its image, and so builds at once.</summary>
    private protected const string CopyAll = "FROM scratch\nCOPY . /\n";

    private static readonly Lazy<Shell> Session = new(() => new Shell());

    private protected const string Base = TestEngine.Base;

    private readonly string _name = "t" + Guid.NewGuid().ToString("N")[..10];

    protected EngineTest()
    {
        Registry = $"{TestSettings.Registry}/{_name}";
        foreach (var name in (string[])["COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "DOCKER_BUILDKIT", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY",
            "DOCKER_CERT_PATH"])
        {
            Variables[name] = null;
        }

        Variables["REGISTRY"] = Registry;

        // Commits of different tests must differ: images are cleaned up by their revision.
        _ = Repository.Write(".nonce", _name);
        _ = Shell.In(Repository.Root);
    }

    private protected Shell Shell => Session.Value;

    private protected RecordingHost Host => Shell.Host;

    private protected TestRepository Repository { get; } = TestRepository.Create();

    private protected EnvironmentScope Variables { get; } = new();

    /// <summary>The registry and the path before the services' names.</summary>
    private protected string Registry { get; }

    /// <summary>The path at the registry alone.</summary>
    private protected string RegistryPath => _name;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected string Head => Repository.Sha("HEAD");

    private protected string Head12 => Head[..12];

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        Variables.Dispose();
        _ = Shell.In(Path.GetTempPath());
        Host.Forget();
        var commits = Repository.Git("rev-list", "--all", "--reflog").Split('\n').ToHashSet();
        TestEngine.Clean(Registry + "/", commits);
        TestEngine.Clean($"{TestSettings.PrivateRegistry}/{_name}/", commits);
        Repository.Dispose();
    }

    /// <summary>Runs commands; whatever they say of errors is the test's to judge.</summary>
    private protected ShellResult Run(string script) => Shell.Run(script);

    /// <summary>Runs commands that must succeed, and gives what they wrote.</summary>
    private protected IReadOnlyList<PSObject> Good(string script) => Shell.Run(script).ThrowIfFailed().Output;

    /// <summary>Runs commands that must write one object.</summary>
    private protected PSObject One(string script) => Assert.Single(Good(script));

    /// <summary>Runs commands that must fail, and checks id, category and remedy of their only error.</summary>
    private protected ErrorRecord Bad(string script, string id, ErrorCategory category)
    {
        var result = Shell.Run(script);
        Assert.True(result.Failure is not null || result.Errors.Count > 0, $"'{script}' should have failed.");
        Assert.True(result.Failure is null ? result.Errors.Count == 1 : result.Errors.Count == 0, "One error, no more.");
        Check(result.Error, id, category);
        return result.Error;
    }

    /// <summary>Checks what every error of ours has.</summary>
    private protected static void Check(ErrorRecord error, string id, ErrorCategory category)
    {
        Assert.True(id == error.FullyQualifiedErrorId.Split(',')[0], $"{error.FullyQualifiedErrorId} instead of {id}: {error}");
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.False(string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction), $"{id} has no remedy.");
    }

    /// <summary>A service in <c>apps/NAME</c> with a file, committed; gives the commit.</summary>
    private protected string Commit(string service = "api", string text = "one", string? dockerfile = null) =>
        Repository.Commit(($"apps/{service}/Dockerfile", dockerfile ?? CopyAll), ($"apps/{service}/file", text));

    /// <summary>The same, as a release.</summary>
    private protected string Release(string tag, string service = "api", string? dockerfile = null)
    {
        var commit = Commit(service, tag, dockerfile);
        _ = Repository.Tag(tag);
        return commit;
    }

    /// <summary>PATH with that one client in it, or with none.</summary>
    private protected void OnlyClient(string? client)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Beside, "path")).FullName;
        _ = File.CreateSymbolicLink(Path.Combine(folder, "git"), Git());
        if (client is not null)
        {
            _ = File.CreateSymbolicLink(Path.Combine(folder, "docker"), client);
        }

        Variables["PATH"] = folder;

        static string Git() =>
            Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(one => Path.Combine(one, "git")).First(File.Exists);
    }

    /// <summary>
    /// Puts a script before a program on PATH, which writes down the logins that the program is given, and gives the file.
    /// </summary>
    /// <param name="name">The program's name.</param>
    /// <param name="program">Its whole path.</param>
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private protected string WriteDownLogins(string name, string program)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Beside, "watched")).FullName;
        var seen = Path.Combine(Repository.Beside, "logins");
        var script = Path.Combine(folder, name);
        File.WriteAllText(
            script,
            $"#!/bin/sh\n{{ echo \"{name} $*\"; cat \"$DOCKER_CONFIG/config.json\"; echo \"$DOCKER_AUTH_CONFIG\"; }} >>'{seen}' 2>&1\n"
                + $"exec '{program}' \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Variables["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";
        return seen;
    }

    /// <summary>Programs ran, and none had a login; forgets what they had.</summary>
    private protected static void NoLoginWasGiven(string seen, string ran)
    {
        var text = File.ReadAllText(seen);
        Assert.Contains(ran, text, StringComparison.Ordinal);
        Assert.Contains("cliPluginsExtraDirs", text, StringComparison.Ordinal);
        foreach (var login in (string[])["\"auths\"", "\"credsStore\"", "\"credHelpers\"", "No such file"])
        {
            Assert.DoesNotContain(login, text, StringComparison.Ordinal);
        }

        File.Delete(seen);
    }

    /// <summary>The id of an image of this test, or null: <c>Id("api:latest")</c>.</summary>
    private protected string? Id(string name) => TestEngine.IdOf($"{Registry}/{name}");

    /// <summary>The labels of an image of this test.</summary>
    private protected IReadOnlyDictionary<string, string> Labels(string name) => TestEngine.LabelsOf($"{Registry}/{name}");

    /// <summary>The files in an image of this test.</summary>
    private protected IReadOnlyDictionary<string, ImageFile> Files(string name) => TestEngine.FilesOf($"{Registry}/{name}");

    /// <summary>The tags of a service of this test on the engine, in order.</summary>
    private protected IReadOnlyList<string> Tags(string service = "api") =>
        [.. TestEngine.Tags($"{Registry}/{service}:").Select(line => line.Split('=')[0].Split(':')[^1])];

    /// <summary>A session of its own in the repository, that can be killed.</summary>
    private protected Process StartChild(string commands)
    {
        var start = new ProcessStartInfo(
            "dotnet", [TestSetup.ProShell, "-c", $"Import-Module '{TestSetup.ModuleManifest}'; {Shell.AnswersDeploy}; {commands}"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private protected static async Task UntilAsync(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "It did not happen within a minute.");
            await Task.Delay(50, Cancel);
        }
    }

    /// <summary>A property as text.</summary>
    private protected static string? Text(PSObject value, string property) => value.Properties[property].Value?.ToString();

    /// <summary>A property that is a list, as texts.</summary>
    private protected static IReadOnlyList<string> Texts(PSObject value, string property) =>
        [.. ((System.Collections.IEnumerable)value.Properties[property].Value).Cast<object>().Select(one => one.ToString()!)];

    /// <summary>The versions of what a command wrote.</summary>
    private protected static IReadOnlyList<string> Versions(IEnumerable<PSObject> objects) =>
        [.. objects.Select(one => Text(one, "Version")!)];
}
