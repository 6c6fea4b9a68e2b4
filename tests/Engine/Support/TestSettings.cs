namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>What scripts/engine.sh gives. What is missing fails the test that needs it: a suite that skips proves nothing.</summary>
internal static class TestSettings
{
    /// <summary>A registry that everyone may write to: <c>host:port</c>.</summary>
    public static string Registry => Required("PRO_TEST_REGISTRY");

    /// <summary>A registry that wants a login.</summary>
    public static string PrivateRegistry => Required("PRO_TEST_PRIVATE_REGISTRY");

    /// <summary>Its user.</summary>
    public static string PrivateUser => Required("PRO_TEST_PRIVATE_USER");

    /// <summary>Its password.</summary>
    public static string PrivatePassword => Required("PRO_TEST_PRIVATE_PASSWORD");

    /// <summary>A Docker client that has BuildKit.</summary>
    public static string DockerClient => Required("PRO_TEST_DOCKER");

    private static string Required(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException(
            $"{name} isn't set: this test needs a real engine and registries. Run scripts/test.sh, or: "
            + "bash scripts/engine.sh start, and export what stands in the engine.env that it names.");
}
