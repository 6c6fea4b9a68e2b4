using Pro.DockerVersioning.Images.Building.Dockerfile;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

public sealed class DockerfileInspectorTests
{
    private static readonly Dictionary<string, string> NoArguments = [];

    [Fact]
    public void Arguments_of_every_stage_are_found_and_none_before_the_first()
    {
        var dockerfile = DockerfileInspector.Inspect("""
            ARG BASE=alpine:3
            FROM $BASE AS build
            arg VERSION GIT_COMMIT="none at all"
            FROM scratch
            ARG \
              # a comment in the middle

              BUILD_DATE
            # ARG COMMENTED
            RUN echo ARG IN_RUN
            """);

        Assert.Equal(["BUILD_DATE", "GIT_COMMIT", "VERSION"], dockerfile.StageArguments.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("ARG VERSION=3.20\nFROM alpine:${VERSION}\nRUN x", "")]
    [InlineData("ARG VERSION=3.20\nFROM alpine:${VERSION}\nARG VERSION\nARG GIT_COMMIT\nRUN x", "GIT_COMMIT")]
    [InlineData("ARG VERSION=3.20\nARG TAG=v${VERSION:-1}-slim\nFROM alpine:$TAG\nARG VERSION", "")]
    [InlineData("ARG VERSION=amd64\nFROM --platform=linux/$VERSION alpine\nARG VERSION", "")]
    [InlineData("ARG VERSION=dev\nFROM alpine\nARG VERSION", "VERSION")]
    [InlineData("ARG VERSION=dev\nFROM alpine", "")]
    public void An_argument_that_a_FROM_depends_on_is_not_given(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', DockerfileInspector.Inspect(text).StageArguments));

    [Theory]
    [InlineData("COPY . /app", "COPY . /app")]
    [InlineData("COPY --chown=1:1 ./ /app", "COPY ./ /app")]
    [InlineData("ADD / /app", "ADD / /app")]
    [InlineData("COPY a/../.. /app", "COPY a/../.. /app")]
    [InlineData("COPY [\".\", \"/app\"]", "COPY [., /app]")]
    [InlineData("COPY *.txt Dock* /app/", "COPY *.txt Dock* /app/")]
    [InlineData("COPY $WHAT /app", "COPY $WHAT /app")]
    [InlineData("RUN --mount=type=bind,target=/src make", "RUN --mount=type=bind,target=/src")]
    [InlineData("RUN --mount=target=/src make", "RUN --mount=target=/src")]
    [InlineData("COPY src/*.txt ./package.json /app/", null)]
    [InlineData("COPY --from=build . /app", null)]
    [InlineData("RUN --mount=type=cache,target=/c --mount=type=bind,source=src,target=/s make", null)]
    public void A_use_of_the_whole_context_is_found(string line, string? use) =>
        Assert.Equal(use, DockerfileInspector.Inspect($"FROM alpine AS build\n{line}\n").WholeContextUse);

    [Fact]
    public void What_stands_in_a_heredoc_is_no_instruction()
    {
        var dockerfile = DockerfileInspector.Inspect(
            "FROM alpine\nRUN <<EOF cat <<-'TABBED' && echo \"<<QUOTED\"\nARG ONE\nEOF\nARG TWO\n\tTABBED\nARG THREE\n"
                + "COPY <<a.txt <<b.txt /\nARG FOUR\na.txt\nARG FIVE\nb.txt\nRUN cat <<<x\nARG SIX\n");

        Assert.Equal(["SIX", "THREE"], dockerfile.StageArguments.Order(StringComparer.Ordinal));
        Assert.Equal("RUN <<EOF", dockerfile.BuildKitFeature);
    }

    [Fact]
    public void The_escape_directive_changes_what_continues_a_line()
    {
        var dockerfile = DockerfileInspector.Inspect(
            "# escape=`\r\nFROM mcr.example.com/windows:1\r\nCOPY a c:\\\r\nARG ONE\r\nRUN x `\r\nARG TWO\r\n");

        Assert.Equal(["ONE"], dockerfile.StageArguments);
    }

    [Theory]
    [InlineData("# syntax=docker/dockerfile:1\nFROM x", "docker/dockerfile:1")]
    [InlineData("#!/usr/bin/env docker\n#syntax = docker/dockerfile:1.4 \nFROM x", "docker/dockerfile:1.4")]
    [InlineData("\uFEFF# escape=\\\n# syntax=a/b\nFROM x", "a/b")]
    [InlineData("# a comment\n# syntax=docker/dockerfile:1\nFROM x", null)]
    [InlineData("\n# syntax=docker/dockerfile:1\nFROM x", null)]
    [InlineData("FROM x\n# syntax=docker/dockerfile:1", null)]
    public void The_syntax_directive_counts_only_at_the_top(string text, string? syntax) =>
        Assert.Equal(syntax, DockerfileInspector.Inspect(text).Syntax);

    [Fact]
    public void Base_images_are_expanded_and_stages_are_none()
    {
        var dockerfile = DockerfileInspector.Inspect("""
            ARG REGISTRY=docker.io
            ARG TAG
            ARG FULL=${REGISTRY}/library/node:${TAG:-20}
            FROM --platform=$BUILDPLATFORM ${FULL} AS Deps
            FROM deps AS build
            COPY --from=tools.example.com:5000/kit@sha256:00 /kit /kit
            RUN --mount=type=bind,from=busybox:1,target=/b --mount=type=cache,target=/c true
            FROM --platform=linux/arm64 nginx AS unused
            FROM scratch
            COPY --from=BUILD /a /a
            COPY --from=0 /b /b
            """);

        var images = dockerfile.BaseImages(NoArguments, target: null, allStages: false);
        Assert.Equal(
            [new BaseImage("docker.io/library/node:20", null), new BaseImage("tools.example.com:5000/kit@sha256:00", null),
                new BaseImage("busybox:1", null)],
            images);
        Assert.Contains(new BaseImage("nginx", "linux/arm64"), dockerfile.BaseImages(NoArguments, null, allStages: true));
        Assert.Equal(
            [new BaseImage("mirror.example.com/library/node:22", null)],
            dockerfile.BaseImages(
                new Dictionary<string, string> { ["REGISTRY"] = "mirror.example.com", ["TAG"] = "22" }, "deps", allStages: false));
        Assert.Equal("RUN --mount", dockerfile.BuildKitFeature);
    }

    [Fact]
    public void A_base_that_nobody_can_know_is_left_to_the_builder()
    {
        var dockerfile = DockerfileInspector.Inspect("ARG BASE\nFROM $BASE\n");

        Assert.Empty(dockerfile.BaseImages(NoArguments, null, allStages: false));
        Assert.Equal([new BaseImage("x:1", null)], dockerfile.BaseImages(
            new Dictionary<string, string> { ["BASE"] = "x:1" }, null, allStages: true));
    }

    [Theory]
    [InlineData("a$X-b", "a1-b")]
    [InlineData("${X:-2}", "1")]
    [InlineData("${NONE:-2}${NONE-3}", "23")]
    [InlineData("${EMPTY:-2}${EMPTY-3}", "2")]
    [InlineData("${X:+yes}${EMPTY:+no}${EMPTY+set}", "yesset")]
    [InlineData("${NONE:-a${X}b}", "a1b")]
    [InlineData("\\$X", "$X")]
    [InlineData("${X:?need}-${X?need}-${EMPTY?need}", "1-1-")]
    [InlineData("${NONE:?need}", null)]
    [InlineData("${EMPTY:?need}", null)]
    [InlineData("${NONE?need}", null)]
    [InlineData("${NONE:-${EMPTY:-${X:-9}}}", "1")]
    [InlineData("${X#pattern}", null)]
    [InlineData("${X", null)]
    [InlineData("$NONE", null)]
    public void Variables_are_expanded_as_a_Dockerfile_does(string text, string? expected) =>
        Assert.Equal(expected, DockerfileVariables.Expand(text, new Dictionary<string, string?> { ["X"] = "1", ["EMPTY"] = "" }));

    [Theory]
    [InlineData("")]
    [InlineData("FROM")]
    [InlineData("ARG")]
    [InlineData("RUN <<EOF\nnever ended")]
    [InlineData("FROM x\\")]
    [InlineData("COPY --from= a b")]
    [InlineData("RUN \"unfinished")]
    public void A_broken_Dockerfile_is_no_error_here(string text)
    {
        var dockerfile = DockerfileInspector.Inspect(text);

        Assert.NotNull(dockerfile.BaseImages(NoArguments, "nosuch", allStages: true));
        Assert.NotNull(dockerfile.BaseImages(NoArguments, null, allStages: false));
    }
}
