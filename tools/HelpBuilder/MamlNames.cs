using System.Xml.Linq;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>The namespaces of MAML. PowerShell's reader looks at local names, and at one prefix (maml:introduction).</summary>
internal static class MamlNames
{
    public static readonly XNamespace Root = "http://msh";
    public static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    public static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    public static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
}
