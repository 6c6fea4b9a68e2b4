using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

/// <summary>
/// Whatever a file holds, the user gets a sentence with a place, never a library's own exception. Files are good ones with a few
/// characters deleted, doubled or replaced; the seed is fixed, so that a failure comes back.
/// </summary>
public sealed class BrokenInputTests
{
    private const int Rounds = 3000;

    private const string Noise = "{}[]:,&*!|>'\"%@`#-?<$\\\t\n =~/.0aé\u0000\u2028";

    private const string Compose = """
        x-a: &a { A: 1, B: "two\n" }
        services:
          base: { build: . }
          api:
            extends: base
            image: r/api:${V:-1}
            build:
              context: ./apps/${DIR:-api}
              args: { <<: *a, C: 'x''y', D: !!str 1 }
              labels: [ a=1, "b=2" ]
              dockerfile: |
                x
            deploy: { update_config: { order: stop-first } }
        """;

    private const string Json = """
        { "registry": "r.io/pro", /* c */ "services": { "api": { "context": "apps/api", "buildArgs": { "A": 1.5e3, "B": null, } } },
          "retention": { "test": 5 }, "aliases": ["Minor"], "environments": { "t": { "composeFile": ["a", "b\u00e9"] } } } // end
        """;

    private const string Env = "A=1 # c\nexport B='two' # c\nC=\"${A}-\\n$B\"\nD\nE=${F:-g}\n";

    [Fact]
    public void A_compose_file() => Mangle(Compose, text =>
    {
        var project = ComposeProject.Load(new ComposeInputs(new MemoryTree(("compose.yaml", text)), _ => null), ["compose.yaml"]);
        foreach (var service in project.Services)
        {
            _ = (service.Image, service.Order, service.ReadBuild());
        }
    });

    [Fact]
    public void A_pro_json() => Mangle(Json, text => ProConfigurationReader.Parse(text));

    [Fact]
    public void An_env_file() => Mangle(Env, text => DotEnvFile.Parse(text, ".env", _ => null));

    private static void Mangle(string good, Action<string> read)
    {
        read(good);
        var random = new Random(20260117);
        var errors = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var text = Mangle(good, random);
            try
            {
                read(text);
            }
            catch (ProException exception)
            {
                Assert.NotEmpty(exception.RecommendedAction);
                errors++;
            }
            catch (Exception exception)
            {
                Assert.Fail($"Round {round}: {exception}\n{text}");
            }
        }

        // Most mangled files are wrong; were they all accepted, nothing would be checked.
        Assert.InRange(errors, Rounds / 10, Rounds);
    }

    private static string Mangle(string text, Random random)
    {
        var result = text.ToCharArray().ToList();
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            var index = random.Next(result.Count);
            switch (random.Next(3))
            {
                case 0:
                    result.RemoveRange(index, Math.Min(random.Next(1, 6), result.Count - index));
                    break;
                case 1:
                    result.Insert(index, Noise[random.Next(Noise.Length)]);
                    break;
                default:
                    result[index] = Noise[random.Next(Noise.Length)];
                    break;
            }
        }

        return new string([.. result]);
    }
}
