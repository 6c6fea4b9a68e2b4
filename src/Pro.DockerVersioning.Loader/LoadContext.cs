using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Pro.DockerVersioning.Loader;

/// <summary>
/// The module's own assembly load context. Its dependencies (Docker.DotNet, LibGit2Sharp, Semver, …) live in it, so that
/// another module of the same session may bring other versions of them.
/// </summary>
/// <remarks>
/// This assembly is loaded into the session's default context and refers to nothing but the framework.
/// See https://learn.microsoft.com/powershell/scripting/dev-cross-plat/resolving-dependency-conflicts.
/// </remarks>
public sealed class LoadContext : AssemblyLoadContext
{
    private const string ModuleName = "Pro.DockerVersioning";

    private static readonly Lazy<Assembly> Module = new(LoadModule, LazyThreadSafetyMode.ExecutionAndPublication);

    private readonly AssemblyDependencyResolver _resolver;

    private LoadContext(string modulePath)
        : base(ModuleName, isCollectible: false) => _resolver = new AssemblyDependencyResolver(modulePath);

    /// <summary>Loads the module's assembly into its own context, once in a process.</summary>
    /// <returns>The assembly that holds the cmdlets.</returns>
    public static Assembly Initialize() => Module.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);

        // What the package does not hold (System.Management.Automation, the framework) is the session's own.
        var path = _resolver.ResolveAssemblyToPath(assemblyName);
        return path is null ? null : LoadFromAssemblyPath(path);
    }

    /// <inheritdoc/>
    /// <remarks>LibGit2Sharp's native library lies in <c>runtimes/RID/native</c>; only the resolver knows the way there.</remarks>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        var path = _resolver.ResolveUnmanagedDllToPath(unmanagedDllName);
        return path is null ? nint.Zero : NativeLibrary.Load(path);
    }

    private static Assembly LoadModule()
    {
        var folder = Path.GetDirectoryName(typeof(LoadContext).Assembly.Location)!;
        var path = Path.Combine(folder, ModuleName + ".dll");
        return new LoadContext(path).LoadFromAssemblyPath(path);
    }
}
