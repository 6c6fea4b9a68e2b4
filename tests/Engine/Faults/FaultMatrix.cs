using System.Globalization;
using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>
/// Each fault at each call of a command. A killed one is put right by one repair; after all other faults the command itself has left the
/// service right and says how, and a repair at most takes away what was left over.
/// </summary>
/// <remarks>
/// Without a variable a kill at each call that changes something, and a sample of all else, by a seed that is printed and that
/// PRO_TEST_SEED gives again. PRO_TEST_ALL_FAULTS=1 does everything, =changes every fault at each call that changes something, and a sample
/// of the others. PRO_TEST_FAULT="hang 7" does one fault at one such call, "reset,hang" two of them at each.
/// </remarks>
internal sealed class FaultMatrix(FaultScene scene) : IDisposable
{
    // How many sessions wait to be killed: what is started ahead, and what must not pile up.
    private const int Prepared = 3;

    // Of each scene, besides the kills at what changes something; scripts/faults.sh does them all.
    private const int SampledOrphans = 1;
    private const int SampledOthers = 1;

    // How long the module and compose wait for an answer that never comes: 5 minutes of their own accord.
    private const string PatienceVariable = "COMPOSE_HTTP_TIMEOUT";

    // Long enough for every answer that a busy machine gives at last.
    private const string Patience = "12";

    private static readonly string Wish = Environment.GetEnvironmentVariable("PRO_TEST_ALL_FAULTS") ?? "";
    private static readonly string? Chosen = Environment.GetEnvironmentVariable("PRO_TEST_FAULT");
    private static readonly Fault[] Faults = [Fault.Kill, Fault.Refuse, Fault.Reset, Fault.Hang];

    /// <summary>What chooses the sample.</summary>
    public static int Seed { get; } = int.TryParse(
        Environment.GetEnvironmentVariable("PRO_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
        ? given
        : Random.Shared.Next(1, 1_000_000);

    private readonly FaultProxy _proxy = new(scene.Engine);
    private readonly FaultTable _table = new(scene.Name);
    private readonly List<string> _failures = [];
    private readonly Queue<WaitingCommand> _waiting = [];
    private int _kills;
    private bool _isClean;

    /// <summary>Whether everything is done, and not a sample.</summary>
    public static bool IsWhole => Wish.Length > 0;

    /// <summary>One of several cases, by the seed; all of them where everything is done.</summary>
    public static T[] Some<T>(params T[] cases) => IsWhole ? cases : [cases[Seed % cases.Length]];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Runs all cases, and fails where one wasn't well.</summary>
    public async Task RunAsync()
    {
        // Without a fault first: so many calls there are.
        scene.Reset();
        var calm = Faulty(FaultPlan.Nothing);
        _ = calm.ThrowIfFailed();
        scene.OnlyRuns(FaultScene.New);
        Tell($"{scene.Name}, PRO_TEST_SEED={Seed}: {_proxy.Changes.Count} calls that change something, {_proxy.Questions.Count} others.");
        Assert.True(_proxy.Changes.Any(scene.Commits), "No call makes the new version stay.");
        var (changes, questions) = (_proxy.Changes, _proxy.Questions.Count);
        foreach (var (call, index) in changes.Select((call, index) => (call, index)))
        {
            Tell($"  {index + 1}: {Short(call)}");
        }

        var plans = Plans(changes, questions).ToList();
        _kills = plans.Count(IsKill);
        foreach (var plan in plans)
        {
            await TryAsync(plan);
        }

        Tell(_table.Write(changes.Count));
        Assert.True(_failures.Count == 0, $"{_failures.Count} cases were not well, PRO_TEST_SEED={Seed}:\n{string.Join('\n', _failures)}");
    }

    public void Dispose()
    {
        foreach (var waiting in _waiting)
        {
            waiting.Dispose();
        }

        _proxy.Dispose();
    }

    /// <summary>Writes into the test's output, and into the file that PRO_TEST_FAULT_LOG names.</summary>
    public static void Tell(string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        if (Environment.GetEnvironmentVariable("PRO_TEST_FAULT_LOG") is { Length: > 0 } file)
        {
            File.AppendAllText(file, $"{DateTime.Now:HH:mm:ss} {text}\n");
        }
    }

    private IEnumerable<FaultPlan> Plans(IReadOnlyList<string> calls, int questions)
    {
        if (Chosen is { Length: > 0 } chosen)
        {
            return [.. chosen.Split(',').Select(one => one.Split(' ')).SelectMany(words => words.Length > 1
                ? [new FaultPlan(
                    Enum.Parse<Fault>(words[0], ignoreCase: true), int.Parse(words[1], CultureInfo.InvariantCulture), AmongChanges: true)]
                : Each([Enum.Parse<Fault>(words[0], ignoreCase: true)], calls.Count, amongChanges: true))];
        }

        var changes = calls.Count;
        var orphans = calls.Index().Where(call => scene.IsOfChild(call.Item))
            .Select(call => new FaultPlan(Fault.KillAlone, call.Index + 1, AmongChanges: true)).ToArray();
        var certain = Each(Wish.Length > 0 ? Faults : [Fault.Kill], changes, amongChanges: true).ToArray();
        var others = Each(Faults, questions, amongChanges: false).ToArray();
        if (Wish == "1")
        {
            return [.. certain, .. orphans, .. others];
        }

        var random = new Random(Seed);
        if (Wish.Length == 0)
        {
            random.Shuffle(certain);
            random.Shuffle(orphans);
            certain = [.. certain.Take(scene.SampledKills ?? changes)];
            orphans = [.. orphans.Take(SampledOrphans)];

            // At every other time it is one of the calls that change something.
            others = random.Next(2) == 0 ? others : [.. Each(Faults[1..], changes, amongChanges: true)];
        }

        random.Shuffle(others);
        return [.. certain, .. orphans, .. others.Take(SampledOthers)];
    }

    private static IEnumerable<FaultPlan> Each(IEnumerable<Fault> faults, int calls, bool amongChanges) =>
        from fault in faults
        from number in Enumerable.Range(1, calls)
        select new FaultPlan(fault, number, amongChanges);

    private async Task TryAsync(FaultPlan plan)
    {
        var said = "";
        try
        {
            if (!_isClean)
            {
                scene.Reset();
            }

            _isClean = false;
            said = IsKill(plan) ? await KillAsync(plan) : Disturb(plan);
            _table.Count(plan, isWell: true);
            Tell($"{scene.Name}: {plan}: {said}");
        }
        catch (Exception failure) when (!Cancel.IsCancellationRequested)
        {
            _table.Count(plan, isWell: false);
            _failures.Add($"{scene.Name}: {plan}: {Short(_proxy.Faulty)}{failure.Message}");
            Tell("NOT WELL " + _failures[^1] + failure.StackTrace);
        }
    }

    private static bool IsKill(FaultPlan plan) => plan.Fault is Fault.Kill or Fault.KillAlone;

    private async Task<string> KillAsync(FaultPlan plan)
    {
        while (_waiting.Count < Math.Min(Prepared, _kills))
        {
            _waiting.Enqueue(new WaitingCommand(scene.Folder, scene.Engine));
        }

        _kills--;
        using var command = _waiting.Dequeue();
        var (code, text) = await command.RunAsync(scene.Command, plan, scene.Commits, Cancel);
        if (command.Proxy.Faulty is not { } call)
        {
            Assert.False(plan.AmongChanges, $"It ended after {command.Proxy.Changes.Count} calls, before it was killed: {text}");
            return "it ended before so many calls";
        }

        Assert.Equal(137, code);
        try
        {
            var repair = Repair();
            var version = command.Proxy.IsCommitted ? FaultScene.New : FaultScene.Old;
            if (scene.MayEndEitherWay && command.Proxy.IsCommitted && Text(repair, "Outcome") == "RestoredPrevious")
            {
                version = FaultScene.Old;
            }

            return $"{Short(call)}: {Judge(repair, version)}";
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{Short(call)}: {failure.Message}\n{text}", failure);
        }
    }

    private string Disturb(FaultPlan plan)
    {
        var result = Faulty(plan);
        if (_proxy.Faulty is not { } call)
        {
            Assert.False(
                plan.AmongChanges,
                $"It ended after {_proxy.Changes.Count} calls, without the fault: "
                    + $"{result.Failure?.Message}{string.Join('\n', result.Errors)}");
            return "it ended before so many calls";
        }

        var outcome = result.Output is [var one] ? Text(one, "Outcome") : null;
        var error = result.Failure is null && result.Errors.Count == 0
            ? null
            : $"{result.Error.FullyQualifiedErrorId.Split(',')[0]}: {result.Error}";
        var said = $"{Short(call)}: {outcome ?? "no result"}, {error ?? "no error"}";
        try
        {
            // What the command says is so, before anybody repairs anything.
            Assert.Contains(outcome, new[] { "Succeeded", "RestoredPrevious", null });
            Assert.Equal(outcome == "Succeeded", error is null);
            var version = outcome == "Succeeded" ? FaultScene.New : FaultScene.Old;
            Assert.Equal(version, scene.Answer());
            Assert.True(!_proxy.IsCommitted || scene.ReturnsByTheSameCall || outcome == "Succeeded", "The new version was proven.");
            var left = Judge(Repair(), version);
            return $"{said}; {left}";
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{said}\n{failure.Message}\n{string.Join('\n', result.Warnings)}", failure);
        }
    }

    private ShellResult Faulty(FaultPlan plan)
    {
        _proxy.Arm(plan, scene.Commits);
        scene.Variables["DOCKER_HOST"] = _proxy.Url;
        scene.Variables[PatienceVariable] = plan.Fault == Fault.Hang ? Patience : null;
        try
        {
            return scene.Run(scene.Command);
        }
        finally
        {
            scene.Variables["DOCKER_HOST"] = scene.Host;
            scene.Variables[PatienceVariable] = null;
        }
    }

    private PSObject Repair() => Assert.Single(scene.Run("Repair-ProService api").ThrowIfFailed().Output);

    private string Judge(PSObject repair, string version)
    {
        var outcome = Text(repair, "Outcome");
        scene.OnlyRuns(version);
        Assert.Equal(version, Text(repair, "Version"));
        Assert.NotEqual(version == FaultScene.Old ? "FinishedNew" : "RestoredPrevious", outcome);
        _isClean = version == FaultScene.Old;
        return $"repair says {outcome}, {version} runs";
    }

    private string Short(string? call) =>
        call is null ? "" : call.Split('?') is [var path, var query] && path.EndsWith("/rename", StringComparison.Ordinal)
        ? $"{Cut(path)} to {query.Split('=')[^1]}"
        : Cut(call.Split('?')[0]);

    private static string Cut(string path) =>
        string.Join('/', path.Split('/').Select(part => part.Length > 40 ? part[..12] : part));

    private static string? Text(PSObject value, string property) => value.Properties[property].Value?.ToString();
}
