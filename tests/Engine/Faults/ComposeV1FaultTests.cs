namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>All of it again with docker-compose 1.x.</summary>
[Trait("Run", "all")]
public sealed class ComposeV1FaultTests : ComposeFaultTests
{
    public ComposeV1FaultTests()
        : base(isNewest: false)
    {
    }
}
