using System.Text;

namespace Pro.DockerVersioning.Bench;

/// <summary>Repositories with one service, <c>web</c> in <c>apps/web</c>, tagged <c>v1.0.0</c>.</summary>
internal static class ServiceRepository
{
    private const string Dockerfile = """
        FROM pro-sample/base:1
        WORKDIR /app
        COPY . .
        RUN find . -type f | wc -l > /files
        CMD ["httpd", "-f"]

        """;

    /// <summary>The big one copies one small file, so that the figures are the context's way and not the copy's.</summary>
    private const string OneFile = """
        FROM scratch
        COPY part-0001.bin /

        """;

    /// <summary>20 small files.</summary>
    public static string Small() => Make("service-small-1", Dockerfile, 20, 2_000);

    /// <summary>1,500 files, 22 MB: a usual application.</summary>
    public static string Usual() => Make("service-usual-1", Dockerfile, 1_500, 15_000);

    /// <summary>1 GiB, 400 MiB of it in one file.</summary>
    public static string Big() => Make("service-big-1", OneFile, 2_496, 256 << 10, [("large.bin", 400 << 20)]);

    private static string Make(string name, string dockerfile, int files, int size, params (string Name, int Size)[] more) =>
        FastImport.Repository(name, import =>
        {
            var random = new Random(1);
            var commit = import.Commit("main", null, files: Files());
            import.Tag("v1.0.0", commit, annotated: true);

            IEnumerable<(string, byte[])> Files()
            {
                yield return ("pro.json", """{ "services": { "web": { "context": "apps/web" } } }"""u8.ToArray());
                yield return ("apps/web/Dockerfile", Encoding.UTF8.GetBytes(dockerfile));
                for (var number = 1; number <= files; number++)
                {
                    // Half of it compresses, as sources and binaries do together.
                    var content = new byte[size];
                    random.NextBytes(content.AsSpan(0, size / 2));
                    var folder = files > 100 && size < 100_000 ? $"src/{number / 50:00}/" : "";
                    yield return ($"apps/web/{folder}part-{number:0000}.bin", content);
                }

                foreach (var (file, length) in more)
                {
                    var content = new byte[length];
                    random.NextBytes(content);
                    yield return ($"apps/web/{file}", content);
                }
            }
        });
}
