using System.Diagnostics;
using System.Management.Automation;
using Pro.DockerVersioning.Tests.Engine.Faults;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>What compose knows of a service, and no container shows, survives a deployment; or it is refused by name.</summary>
public sealed class ComposeKnowsTests : ComposeTest
{
    private static readonly Version Plugin = VersionOfPlugin();

    public ComposeKnowsTests() => UseNewest();

    /// <summary>A service without ports, and more of it.</summary>
    private string Service(string more) =>
        $"services:\n  api:\n    image: ${{REGISTRY}}/api:${{API_VERSION:-latest}}\n    stop_grace_period: 1s\n{more}";

    [Theory]
    [InlineData("include: [infra/compose.yml]\n", "", true)]
    [InlineData("services: {web: {image: web}}\n", "COMPOSE_FILE=docker-compose.yml:infra/compose.yml\n", true)]
    [InlineData("# api comes later\nservices: {web: {image: web}}\n", "", false)]
    public void A_first_start_finds_the_service_where_compose_finds_it(string file, string variables, bool isThere)
    {
        WriteFile(file);
        _ = Repository.Write("infra/compose.yml", Service(""));
        _ = Repository.Write("pro.json", """{ "services": { "api": { "context": "apps/api" } } }""");
        File.WriteAllText(DotEnv, variables);
        Well("v1.0.0");
        if (isThere)
        {
            Assert.Equal("Succeeded Compose", One("Deploy-ProService api v1.0.0") is var done
                ? $"{Text(done, "Outcome")} {Text(done, "Strategy")}"
                : "");
            Assert.Equal(["v1.0.0"], Running);
        }
        else
        {
            _ = Bad("Deploy-ProService api v1.0.0", "NothingRuns", ErrorCategory.ObjectNotFound);
        }
    }

    [Fact]
    public void A_variable_that_would_become_blank_is_refused_by_name_and_may_be_allowed()
    {
        WriteFile(Service(
            "    environment: [\"DB_PASSWORD\", \"URL=db://${DB_USER}@db\", \"MORE=${MORE:-none}\"]\n"
                + "    labels: {host: \"${HOST_NAME}\"}\n"));
        Well("v1.0.0", "v1.1.0");
        Build("v1.1.1", "");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        Variables["DB_PASSWORD"] = "secret";
        Variables["DB_USER"] = "me";
        Variables["HOST_NAME"] = "shop.example";
        _ = Compose("up", "-d");
        foreach (var name in (string[])["DB_PASSWORD", "DB_USER", "HOST_NAME"])
        {
            Variables[name] = null;
        }

        var before = Lives;
        foreach (var command in (string[])["Deploy-ProService api v1.1.0 -WhatIf", "Deploy-ProService api v1.1.0",
            "Invoke-ProRollback api v1.1.0 -Confirm:$false"])
        {
            var error = Bad(command, "VariableWouldBeBlank", ErrorCategory.InvalidOperation);
            Assert.All(
                (string[])["DB_PASSWORD", "DB_USER", "HOST_NAME"],
                name => Assert.Contains(name, error.ToString(), StringComparison.Ordinal));
            Assert.DoesNotContain("MORE", error.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
            Assert.Contains("-AllowBlank DB_PASSWORD,DB_USER,HOST_NAME", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }

        _ = Bad("Deploy-ProService api v1.1.0 -AllowBlank DB_PASSWORD, DB_USER", "VariableWouldBeBlank", ErrorCategory.InvalidOperation);
        Assert.Equal(before, Lives);

        Variables["DB_PASSWORD"] = "secret";
        var run = Run("Deploy-ProService api v1.1.0 -AllowBlank URL, HOST_NAME").ThrowIfFailed();
        Assert.Contains(run.Warnings, warning => warning.Contains("DB_USER", StringComparison.Ordinal)
            && warning.Contains("not set", StringComparison.Ordinal));
        Assert.Contains("URL=db://@db", Container["Config"]!["Env"]!.ToJsonString(), StringComparison.Ordinal);

        // What was blank before is nobody's loss.
        _ = One("Deploy-ProService api v1.1.1");
        Assert.Equal(["v1.1.1"], Running);
    }

    [Fact]
    public void What_differs_from_the_file_is_listed_in_the_plan()
    {
        WriteFile(
            GuideFile + "    environment: {COLOUR: green, KEPT: \"1\", GONE: \"1\"}\n    volumes: [\"data:/data\"]\nvolumes: {data: {}}\n");
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        WriteFile(GuideFile.Replace(":8080\"", ":8081\"", StringComparison.Ordinal)
            + "    environment: {COLOUR: blue, KEPT: \"1\", FRESH: \"1\"}\n    volumes: [\"data:/other\"]\nvolumes: {data: {}}\n");
        _ = Run("Deploy-ProService api v1.1.0 -WhatIf").ThrowIfFailed();
        var plan = Host.Text;
        Assert.Contains("environment: COLOUR changes, FRESH is new, GONE is removed", plan, StringComparison.Ordinal);
        Assert.Contains($"ports: 127.0.0.1:{Port}->8081/tcp is new, 127.0.0.1:{Port}->8080/tcp is removed", plan, StringComparison.Ordinal);
        Assert.Contains($"mounts: {Project}_data->/other is new, {Project}_data->/data is removed", plan, StringComparison.Ordinal);
    }

    [Fact]
    public void Lifecycle_hooks_are_run_by_compose_and_no_order_is_promised_for_it()
    {
        Assert.SkipUnless(Plugin >= new Version(2, 30), "Compose knows hooks from 2.30 on.");
        WriteFile(Service(
            "    volumes: [\"log:/log\"]\n    post_start: [{command: [\"sh\", \"-c\", \"echo $$HOSTNAME >>/log/hooks\"]}]\n"
                + "volumes: {log: {}}\n"));
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        var before = Lives;
        var error = Bad("Deploy-ProService api v1.1.0 -Order StartFirst", "OrderNotPossible", ErrorCategory.InvalidArgument);
        Assert.Contains("post_start", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Lives);

        _ = One("Deploy-ProService api v1.1.0");
        Assert.Equal(2, Lines(Docker("exec", Container["Id"]!.ToString(), "cat", "/log/hooks")).Length);
        ComposeOwnsIt("v1.1.0");

        // The engine starts the old container again, and knows no hooks.
        Sick("v1.2.0");
        var run = Run("Deploy-ProService api v1.2.0");
        Assert.Equal("RestoredPrevious", Text(Assert.Single(run.Output), "Outcome"));
        Assert.Equal(["v1.1.0"], Running);
        var hooks = Lines(Docker("exec", Container["Id"]!.ToString(), "cat", "/log/hooks")).Length;
        var warning = Assert.Single(run.Warnings, one => one.Contains("without its lifecycle hook post_start", StringComparison.Ordinal));
        Assert.EndsWith("up --detach --no-deps --force-recreate api", warning, StringComparison.Ordinal);
        _ = Compose("up", "--detach", "--no-deps", "--force-recreate", "api");
        Assert.Equal(["v1.1.0"], Running);
        Assert.Equal(hooks + 1, Lines(Docker("exec", Container["Id"]!.ToString(), "cat", "/log/hooks")).Length);
    }

    /// <summary>The new container is removed by the restore, and its log with it.</summary>
    [Fact]
    public void What_the_new_container_said_is_kept_if_composes_own_up_fails()
    {
        Assert.SkipUnless(Plugin >= new Version(2, 30), "Compose knows hooks from 2.30 on.");
        WriteFile(Service(""));
        Well("v1.0.0");
        Build("v1.1.0", """ENTRYPOINT ["sh", "-c", "echo out of breath; exec \"$@\"", "sh"]""");
        _ = One("Deploy-ProService api v1.0.0");
        WriteFile(Service("    post_start: [{command: [\"sh\", \"-c\", \"sleep 1; exit 3\"]}]\n"));

        var run = Run("Deploy-ProService api v1.1.0");

        Check(run.Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        var result = Assert.Single(run.Output);
        Assert.Contains("out of breath", string.Join('\n', Texts(result, "LogTail")), StringComparison.Ordinal);
        Assert.Contains(
            "out of breath", string.Join('\n', Texts(Good("Get-ProHistory api -Kind Deploy")[0], "LogTail")), StringComparison.Ordinal);
        Assert.Equal(["v1.0.0"], Running);
        NothingIsLeft();
    }

    /// <summary>Compose puts both into the hash of the container's label in a form that only itself knows.</summary>
    [Theory]
    [InlineData(
        "    volumes_from: [data]\n  data: {image: pro-sample/base:1, command: sleep 600, stop_grace_period: 0s, volumes: [/data]}\n", 0)]
    [InlineData("    env_file: [app.env]\n    label_file: [app.labels]\n", 32)]
    public void What_compose_alone_resolves_stays_as_compose_makes_it(string more, int minor)
    {
        Assert.SkipUnless(Plugin >= new Version(2, minor), $"Compose knows that from 2.{minor} on.");
        _ = Repository.Write("app.env", "COLOUR=blue\n");
        _ = Repository.Write("app.labels", "shop.colour=blue\n");
        WriteFile(Service(more));
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");

        var result = One("Deploy-ProService api v1.1.0");

        Assert.Contains($"{ComposeCommand} up", Steps(result), StringComparison.Ordinal);
        var service = Assert.Single(Containers, one => Label(one, "service") == "api");
        Assert.Equal("v1.1.0", Answer(service["NetworkSettings"]!["Networks"]!.AsObject().First().Value!["IPAddress"]!.ToString()));
        var lives = Lives;
        _ = Compose("up", "-d");
        Assert.Equal(lives, Lives);
        NothingIsLeft();
    }

    /// <summary>Compose 2.40 itself doesn't run it when it re-creates: what it will do is compose's to say.</summary>
    [Fact]
    public void A_hook_before_the_stop_is_left_to_compose_too()
    {
        Assert.SkipUnless(Plugin >= new Version(2, 30), "Compose knows hooks from 2.30 on.");
        WriteFile(Service("    pre_stop: [{command: [\"true\"]}]\n"));
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        var error = Bad("Deploy-ProService api v1.1.0 -Order StartFirst", "OrderNotPossible", ErrorCategory.InvalidArgument);
        Assert.Contains("pre_stop", error.ToString(), StringComparison.Ordinal);

        Assert.Contains("docker compose up", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        ComposeOwnsIt("v1.1.0");
    }

    [Fact]
    public void With_an_env_file_only_the_image_differs_until_the_file_changes_and_an_order_from_a_file_is_a_wish()
    {
        var file = Service("    env_file: [app.env]\n    deploy: {update_config: {order: start-first}}\n");
        WriteFile(file);
        File.WriteAllText(Repository.FullPath("app.env"), "A=1\nB=$x 'y'\n");
        Well("v1.0.0", "v1.1.0", "v1.2.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        var result = One("Deploy-ProService api v1.1.0 -Order StartFirst");
        Assert.Equal("Succeeded start-first", $"{Text(result, "Outcome")} {Text(result, "Order")}");
        ComposeOwnsIt("v1.1.0");

        File.WriteAllText(Repository.FullPath("app.env"), "A=2\nB=$x 'y'\n");
        _ = Bad("Deploy-ProService api v1.2.0 -Order StartFirst", "OrderNotPossible", ErrorCategory.InvalidArgument);
        var run = Run("Deploy-ProService api v1.2.0").ThrowIfFailed();
        Assert.Equal("stop-first", Text(Assert.Single(run.Output), "Order"));
        Assert.Contains(run.Warnings, warning => warning.Contains("is stopped before the new version starts", StringComparison.Ordinal));
        Assert.Contains("A=2", Container["Config"]!["Env"]!.ToJsonString(), StringComparison.Ordinal);
        ComposeOwnsIt("v1.2.0");
    }

    [Fact]
    public void Inline_configs_and_secrets_go_by_compose_if_their_content_has_changed()
    {
        Assert.SkipUnless(Plugin >= new Version(2, 24), "Compose writes inline configs from 2.24 on.");
        WriteFile(Injected("one"));
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\nTOKEN=s3\n");
        _ = Compose("up", "-d");
        Assert.Equal("one $1 s3", InjectedContent());
        WriteFile(Injected("two"));
        Assert.Contains("docker compose up", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        Assert.Equal("two $1 s3", InjectedContent());

        // Compose would fail in the middle, or write nothing.
        WriteFile(Injected("three"));
        File.WriteAllText(DotEnv, "API_VERSION=v1.1.0\n");
        Assert.Contains("TOKEN", Bad("Deploy-ProService api v1.0.0", "VariableWouldBeBlank", ErrorCategory.InvalidOperation)
            .ToString(), StringComparison.Ordinal);
        Assert.Equal("two $1 s3", InjectedContent());
    }

    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public void Inline_configs_and_secrets_go_along_in_a_swap_and_back(string order)
    {
        WriteFile(Injected("one"));
        Well("v1.0.0", "v1.1.0");
        Sick("v1.2.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\nTOKEN=s3\n");
        _ = Compose("up", "-d");
        Assert.Equal("Succeeded", Text(One($"Deploy-ProService api v1.1.0 -Order {order}"), "Outcome"));
        Assert.Equal("one $1 s3", InjectedContent());
        ComposeOwnsIt("v1.1.0");
        Check(Run($"Deploy-ProService api v1.2.0 -Order {order}").Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        Assert.Equal("one $1 s3", InjectedContent());

        // Compose's own up, and back from it.
        WriteFile(Injected("one") + "    environment: {A: \"1\"}\n");
        Check(Run("Deploy-ProService api v1.2.0").Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        Assert.Equal("one $1 s3", InjectedContent());
    }

    [Fact]
    public void What_shares_the_services_network_is_re_created_with_it_and_is_composes_own_then()
    {
        const string Side =
            "  side:\n    image: pro-sample/base:1\n    command: sleep 9999\n    stop_signal: SIGKILL\n    network_mode: service:api\n"
                + "    pid: service:api\n";
        WriteFile(Service("") + Side);
        Well("v1.0.0", "v1.1.0", "v1.2.0");
        Sick("v1.3.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");

        Assert.Contains("swap", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        SideAnswers("v1.1.0");
        WriteFile(Service("    environment: {A: \"1\"}\n") + Side);
        Assert.Contains("compose up", Steps(One("Deploy-ProService api v1.2.0")), StringComparison.Ordinal);
        SideAnswers("v1.2.0");
        WriteFile(Service("    environment: {A: \"2\"}\n") + Side);
        Check(Run("Deploy-ProService api v1.3.0").Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        WriteFile(Service("    environment: {A: \"1\"}\n") + Side);
        SideAnswers("v1.2.0");

        void SideAnswers(string version)
        {
            Assert.Equal(version, Docker("exec", $"{Project}-side-1", "wget", "-q", "-O-", "http://127.0.0.1:8080/version"));
            var before = Lives;
            _ = Compose("up", "-d");
            Assert.Equal(before, Lives);
            NothingIsLeft();
        }
    }

    [Fact]
    public void A_follower_that_dies_with_the_new_one_takes_the_deployment_back()
    {
        const string Side =
            "  side:\n    image: pro-sample/base:1\n"
            + "    command: [\"sh\", \"-c\", \"wget -q -O- http://127.0.0.1:8080/version | grep -q v1.1.0 && exit 3; exec sleep 9999\"]\n"
            + "    stop_signal: SIGKILL\n    network_mode: service:api\n    depends_on: {api: {condition: service_healthy}}\n";
        WriteFile(Service("") + Side);
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        WriteFile(Service("    environment: {A: \"1\"}\n") + Side);
        var run = Run("Deploy-ProService api v1.1.0");
        Check(run.Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        Assert.Contains($"{Project}-side-1", run.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("v1.0.0", Docker("exec", $"{Project}-side-1", "wget", "-q", "-O-", "http://127.0.0.1:8080/version"));
        NothingIsLeft();
    }

    [Fact]
    public void What_depends_on_the_service_with_restart_is_restarted_and_the_others_are_not()
    {
        Assert.SkipUnless(Plugin >= new Version(2, 18), "Compose knows restart: true from 2.18 on.");
        const string Others =
            "  web: {image: \"pro-sample/base:1\", command: sleep 9999, stop_signal: SIGKILL, "
                + "depends_on: {api: {condition: service_started, restart: true}}}\n"
            + "  job: {image: \"pro-sample/base:1\", command: sleep 9999, stop_signal: SIGKILL, depends_on: [api]}\n";
        WriteFile(Service("") + Others);
        Well("v1.0.0", "v1.1.0", "v1.2.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        var (web, job) = (Start("web"), Start("job"));

        Assert.Contains("restart web", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        Assert.NotEqual(web, web = Start("web"));
        WriteFile(Service("    environment: {A: \"1\"}\n") + Others);
        Assert.Contains("restart web", Steps(One("Deploy-ProService api v1.2.0")), StringComparison.Ordinal);
        Assert.NotEqual(web, Start("web"));
        Assert.Equal(job, Start("job"));

        string Start(string service) => Docker("inspect", "--format", "{{.State.StartedAt}}", $"{Project}-{service}-1");
    }

    private const string Web = "  web: {image: \"pro-sample/base:1\", command: sleep 9999, stop_signal: SIGKILL, "
        + "depends_on: {api: {condition: service_started, restart: true}}}\n";

    /// <summary>Killed with the old container stopped, and with the new one verified; by a swap, and by compose's own up.</summary>
    [Theory]
    [InlineData(".pro-prev", "StopFirst", "RestoredPrevious")]
    [InlineData(".pro-done", "StopFirst", "FinishedNew")]
    [InlineData(".pro-done", "StartFirst", "FinishedNew")]
    [InlineData("/start", "up", "RestoredPrevious")]
    public async Task What_depends_on_the_service_with_restart_is_restarted_by_the_repair(string at, string order, string outcome)
    {
        Assert.SkipUnless(Plugin >= new Version(2, 18), "Compose knows restart: true from 2.18 on.");
        WriteFile(Service("") + Web);
        Well("v1.0.0", "v1.1.0");
        await File.WriteAllTextAsync(DotEnv, "API_VERSION=v1.0.0\n", Cancel);
        _ = Compose("up", "-d");
        var web = StartOf("web");
        if (order == "up")
        {
            WriteFile(Service("    environment: {A: \"1\"}\n") + Web);
        }

        await KillAsync($"Deploy-ProService api v1.1.0{(order == "up" ? "" : " -Order " + order)} -Confirm:$false", at);
        Assert.Equal(web, StartOf("web"));

        Assert.Equal(outcome, Text(One("Repair-ProService api -WarningAction Ignore"), "Outcome"));
        Assert.NotEqual(web, web = StartOf("web"));
        _ = One("Repair-ProService api");
        Assert.Equal(web, StartOf("web"));
    }

    /// <summary>The old container was stopped and is started again: what knows it must look again.</summary>
    [Theory]
    [InlineData("StopFirst", true)]
    [InlineData("StartFirst", false)]
    public void What_depends_on_the_service_with_restart_is_restarted_after_a_restore_if_that_was_down(string order, bool isRestarted)
    {
        Assert.SkipUnless(Plugin >= new Version(2, 18), "Compose knows restart: true from 2.18 on.");
        WriteFile(Service("") + Web);
        Well("v1.0.0");
        Sick("v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        var web = StartOf("web");
        Check(Run($"Deploy-ProService api v1.1.0 -Order {order}").Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        Assert.Equal(isRestarted, web != StartOf("web"));
    }

    /// <summary>By compose's own up, which removes the old container: restored at once, and by a repair.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_only_the_old_file_had_injected_is_there_again_in_a_container_that_is_restored(bool isKilled)
    {
        Assert.SkipUnless(Plugin >= new Version(2, 24), "Compose writes inline configs from 2.24 on.");
        WriteFile(Injected("one"));
        Well("v1.0.0", "v1.1.0");
        Sick("v1.2.0");
        await File.WriteAllTextAsync(DotEnv, "API_VERSION=v1.0.0\nTOKEN=s3\n", Cancel);
        _ = Compose("up", "-d");
        _ = Docker("exec", ContainerName(1), "sh", "-c", "echo x >/etc/own; mkdir -p /srv/more; echo y >/srv/more/own");

        // What the module has made itself is found again too.
        Assert.Contains("swap", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        var old = Container["Id"]!.ToString();
        WriteFile(Service(""));
        if (isKilled)
        {
            await KillAsync("Deploy-ProService api v1.0.0 -Confirm:$false", "/start");
            Assert.NotEqual(old, Container["Id"]!.ToString());
            Assert.Equal("RestoredPrevious", Text(One("Repair-ProService api -WarningAction Ignore"), "Outcome"));
        }
        else
        {
            Check(Run("Deploy-ProService api v1.2.0").Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        }

        Assert.NotEqual(old, Container["Id"]!.ToString());
        Assert.Equal(["v1.1.0"], Running);
        Assert.Equal("one $1 s3", InjectedContent());
    }

    /// <summary>The hash of the service is the same: only what its config or secret is has changed.</summary>
    [Fact]
    public void A_config_that_was_inline_and_is_a_file_now_goes_by_compose_and_back()
    {
        Assert.SkipUnless(Plugin >= new Version(2, 24), "Compose writes inline configs from 2.24 on.");
        var mounted = Repository.FullPath("token");
        File.WriteAllText(mounted, "mounted");
        WriteFile(Injected("one"));
        Well("v1.0.0", "v1.1.0", "v1.2.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\nTOKEN=s3\n");
        _ = Compose("up", "-d");

        WriteFile(Injected("one").Replace("environment: TOKEN", "file: ./token", StringComparison.Ordinal));
        Assert.Contains("compose up", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        Assert.Equal("one $1 mounted", InjectedContent());
        WriteFile(Injected("one"));
        Assert.Contains("compose up", Steps(One("Deploy-ProService api v1.2.0")), StringComparison.Ordinal);
        Assert.Equal("one $1 s3", InjectedContent());
        Assert.Equal("mounted", File.ReadAllText(mounted));
    }

    [Fact]
    public void What_shares_the_services_network_keeps_what_compose_has_copied_into_it()
    {
        Assert.SkipUnless(Plugin >= new Version(2, 24), "Compose writes inline configs from 2.24 on.");
        const string Top = "configs: {c: {content: side}}\n";
        const string Side =
            "  side:\n    image: pro-sample/base:1\n    command: sleep 9999\n    stop_signal: SIGKILL\n    network_mode: service:api\n"
            + "    configs: [{source: c, target: /etc/nested/c.txt}]\n";
        WriteFile(Top + Service("") + Side);
        Well("v1.0.0", "v1.1.0", "v1.2.0");
        Sick("v1.3.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");

        Assert.Contains("swap", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        HasIt();
        WriteFile(Top + Service("    environment: {A: \"1\"}\n") + Side);
        Assert.Contains("compose up", Steps(One("Deploy-ProService api v1.2.0")), StringComparison.Ordinal);
        HasIt();
        WriteFile(Top + Service("    environment: {A: \"2\"}\n") + Side);
        Check(Run("Deploy-ProService api v1.3.0").Error, "RestoredPrevious", ErrorCategory.InvalidOperation);
        HasIt();

        void HasIt() => Assert.Equal("side", Docker("exec", $"{Project}-side-1", "cat", "/etc/nested/c.txt"));
    }

    [Fact]
    public void Of_services_that_share_an_image_each_can_be_named_and_a_migration_is_told_and_not_run()
    {
        WriteFile("""
            x-app: &app
              image: ${REGISTRY}/api:${API_VERSION:-latest}
              stop_grace_period: 1s
            services:
              migrate: {<<: *app, command: ["sh", "-c", "cat /etc/hostname >>/log/runs"], volumes: ["log:/log"], healthcheck: {disable: true}}
              api: {<<: *app, volumes: ["log:/log"], depends_on: {migrate: {condition: service_completed_successfully}}}
              worker: {<<: *app, command: sleep 9999, healthcheck: {disable: true}}
            volumes: {log: {}}

            """);
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        var error = Bad("Deploy-ProService api v1.1.0", "SeveralTargets", ErrorCategory.InvalidArgument);
        Assert.Contains(
            $"-Container {ContainerName(1)} or -Container {ContainerName(1).Replace("api", "worker", StringComparison.Ordinal)}",
            error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        var run = Run($"Deploy-ProService api v1.1.0 -Container {ContainerName(1)}").ThrowIfFailed();
        Assert.Contains("swap", Steps(Assert.Single(run.Output)), StringComparison.Ordinal);
        var warning = Assert.Single(run.Warnings, one => one.Contains("service_completed_successfully", StringComparison.Ordinal));
        Assert.Single(Runs());

        // The command in it runs, with the new version, and leaves no variable behind.
        var command = warning[(warning.IndexOf("run it first: ", StringComparison.Ordinal) + "run it first: ".Length)..];
        _ = Run($"{command} 2>$null").ThrowIfFailed();
        Assert.Equal(2, Runs().Length);
        Assert.Null(Environment.GetEnvironmentVariable("API_VERSION"));

        string[] Runs() => Lines(Docker("exec", ContainerName(1), "cat", "/log/runs"));
    }

    [Fact]
    public void Of_two_projects_of_one_file_the_one_that_is_meant_is_taken_or_none()
    {
        WriteFile(Service(""));
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        var other = Project + "b";
        _ = Compose("up", "-d");
        _ = Compose("--project-name", other, "up", "-d");
        try
        {
            _ = Compose("stop", "-t", "0");
            Variables["COMPOSE_PROJECT_NAME"] = null;
            var error = Bad(
                "Deploy-ProService api v1.1.0 -ComposeFile docker-compose.yml", "SeveralTargets", ErrorCategory.InvalidArgument);
            Assert.Contains($"-Container {other}-api-1", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            Variables["COMPOSE_PROJECT_NAME"] = Project;
            Assert.Equal($"compose.{Project}.api", Text(One("Deploy-ProService api v1.1.0 -WarningAction Ignore"), "Target"));
            Assert.Equal("v1.0.0", Lines(Docker("inspect", "--format", "{{.Config.Image}}", $"{other}-api-1"))[0].Split(':')[^1]);

            Variables["COMPOSE_PROJECT_NAME"] = Project + "c";
            _ = Bad("Deploy-ProService api v1.1.0", "SeveralTargets", ErrorCategory.InvalidArgument);
            _ = Compose("--project-name", Project, "down", "-t", "0");
            _ = Bad("Deploy-ProService api v1.1.0", "OtherComposeProject", ErrorCategory.InvalidOperation);
        }
        finally
        {
            _ = Compose("--project-name", other, "down", "-t", "0");
            Variables["COMPOSE_PROJECT_NAME"] = Project;
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_pipe_instead_of_variables_is_refused_at_once_and_stays_a_pipe()
    {
        WriteFile(Service("    env_file: [app.env]\n"));
        await File.WriteAllTextAsync(Repository.FullPath("app.env"), "A=1\n", Cancel);
        Well("v1.0.0");
        Variables["API_VERSION"] = "v1.0.0";
        _ = Compose("up", "-d", "--no-start");
        Variables["API_VERSION"] = null;
        foreach (var pipe in (string[])[DotEnv, Repository.FullPath("app.env")])
        {
            File.Delete(pipe);
            using (var make = Process.Start("mkfifo", [pipe]))
            {
                await make.WaitForExitAsync(Cancel);
            }

            foreach (var command in (string[])["Deploy-ProService api v1.0.0",
                "Deploy-ProService api v1.0.0 -ComposeFile docker-compose.yml", "Invoke-ProRollback api v1.0.0 -Confirm:$false"])
            {
                Assert.Contains($"{pipe} is a named pipe", Bad(command, "ComposeFileNotRegular", ErrorCategory.InvalidData)
                    .ToString(), StringComparison.Ordinal);
            }

            using var look = Process.Start("test", ["-p", pipe]);
            await look.WaitForExitAsync(Cancel);
            Assert.Equal(0, look.ExitCode);
            File.Delete(pipe);
        }
    }

    [Fact]
    public void Files_above_the_project_and_behind_a_link_are_read_as_compose_does()
    {
        foreach (var (name, text) in new (string, string)[]
        {
            ("deploy/common.yml", "services: {base: {environment: {A: \"1\"}}}\n"),
            ("deploy/infra.yml", "services: {db: {image: \"pro-sample/base:1\", command: sleep 9999, stop_signal: SIGKILL}}\n"),
            ("deploy/releases/1/compose.yml", "include: [../../infra.yml]\n"
                + Service("    extends: {file: ../../common.yml, service: base}\n")),
        })
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(Repository.FullPath(name))!);
            File.WriteAllText(Repository.FullPath(name), text);
        }

        _ = Directory.CreateSymbolicLink(Repository.FullPath("deploy/releases/current"), "1");
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(Repository.FullPath("deploy/releases/1/.env"), "API_VERSION=v1.0.0\n");
        _ = Compose("-f", Repository.FullPath("deploy/releases/current/compose.yml"), "up", "-d");
        Assert.Contains("swap", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        Assert.Equal("API_VERSION=v1.1.0\n", File.ReadAllText(Repository.FullPath("deploy/releases/1/.env")));
        var before = Lives;
        _ = Compose("-f", Repository.FullPath("deploy/releases/current/compose.yml"), "up", "-d");
        Assert.Equal(before, Lives);
    }

    [Theory]
    [InlineData("/data/compose/5/docker-compose.yml")]
    [InlineData("-")]
    public void A_container_of_a_stack_tool_is_replaced_if_it_is_named(string files)
    {
        Well("v1.0.0", "v1.1.0");
        var name = Project + "-api-1";
        _ = Docker(
            "run", "--detach", "--name", name, "--env", "A=1", "--label", $"com.docker.compose.project={Project}",
            "--label", "com.docker.compose.service=api",
            "--label", "com.docker.compose.oneoff=False", "--label", "com.docker.compose.container-number=1",
            "--label", $"com.docker.compose.project.config_files={files}",
            "--label", "com.docker.compose.project.working_dir=/data/compose/5",
            $"{Registry}/api:v1.0.0");
        var error = Bad("Deploy-ProService api v1.1.0", "ComposeFilesElsewhere", ErrorCategory.ObjectNotFound);
        Assert.Contains($"-Container {name}", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        _ = Docker("exec", name, "sh", "-c", "mkdir -p /run/secrets && echo s3 >/run/secrets/token");
        var web = Docker(
            "run", "--detach", "--name", Project + "-web-1", "--label", $"com.docker.compose.project={Project}",
            "--label", "com.docker.compose.service=web",
            "--label", "com.docker.compose.oneoff=False",
            "--label", "com.docker.compose.depends_on=db:service_started:false,api:service_healthy:true",
            "--stop-signal", "SIGKILL", "pro-sample/base:1", "sleep", "9999").Trim();
        var before = Docker("inspect", "--format", "{{.State.StartedAt}}", web);
        var run = Run($"Deploy-ProService api v1.1.0 -Container {name}").ThrowIfFailed();
        Assert.NotEqual(before, Docker("inspect", "--format", "{{.State.StartedAt}}", web));
        Assert.Equal("s3\n", Docker("exec", name, "cat", "/run/secrets/token"));
        _ = Docker("rm", "--force", web);
        Assert.Equal($"compose.{Project}.api", Text(Assert.Single(run.Output), "Target"));
        Assert.Contains(run.Warnings, warning => warning.Contains($"image: {Registry}/api:v1.1.0", StringComparison.Ordinal));
        Assert.Equal(["v1.1.0"], Running);
        Assert.Contains("A=1", Container["Config"]!["Env"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(files, Label(Container, "project.config_files"));
    }

    private string Injected(string content) => Service($$$"""
            configs: [{source: c, target: /etc/c.txt}]
            secrets: [tok]

        """).Replace(
            "services:",
            $"configs: {{c: {{content: \"{content} $$1\"}}}}\nsecrets: {{tok: {{environment: TOKEN}}}}\nservices:",
            StringComparison.Ordinal);

    private string StartOf(string service) => Docker("inspect", "--format", "{{.State.StartedAt}}", $"{Project}-{service}-1");

    /// <summary>Kills a command right before the call that changes something after one that ends so.</summary>
    private async Task KillAsync(string script, string at)
    {
        using var command = new WaitingCommand(Repository.Root, TestEngine.SocketPath);
        var (code, text) = await command.RunAsync(
            script,
            new FaultPlan(Fault.Kill, 1, AmongChanges: true) { SinceCommit = true },
            call => call.EndsWith(at, StringComparison.Ordinal),
            Cancel);
        Assert.True(code == 137, text);
    }

    private string InjectedContent() =>
        Docker("exec", ContainerName(1), "sh", "-c", "echo \"$(cat /etc/c.txt) $(cat /run/secrets/tok)\"").Trim();

    private static Version VersionOfPlugin()
    {
        if (PluginFolder is null)
        {
            return new Version(1, 29);
        }

        using var process = Process.Start(new ProcessStartInfo(TestSettings.DockerClient, ["compose", "version", "--short"])
        {
            RedirectStandardOutput = true,
            Environment = { ["DOCKER_CONFIG"] = PluginFolder },
        })!;
        var text = process.StandardOutput.ReadToEnd().Trim().TrimStart('v');
        return Version.Parse(text.Split('-', '+')[0]);
    }
}
