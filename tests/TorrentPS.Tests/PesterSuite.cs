using System.Diagnostics;
using Xunit.Abstractions;

namespace TorrentPS.Tests;

/// <summary>Runs the Pester tests in PowerShell, with the assemblies that this test project was built with.</summary>
public sealed class PesterSuite(ITestOutputHelper output)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    [SkippableFact]
    public async Task The_module_passes_its_Pester_tests()
    {
        string? pwsh = Find("pwsh");
        Skip.If(pwsh is null, "pwsh is not installed: the cmdlets were not tested.");
        (int probe, _) = await RunAsync(
            pwsh,
            "-Command",
            "exit [int]($PSVersionTable.PSVersion -lt '7.6' -or -not (Get-Module -List Pester | Where-Object Version -GE '5.5'))");
        Skip.If(probe != 0, "PowerShell 7.6 with Pester 5.5 is not installed: the cmdlets were not tested.");

        string stage = Directory.CreateTempSubdirectory("torrentps-module-").FullName;
        try
        {
            string root = RepositoryRoot();
            string module = await StageAsync(pwsh, root, stage);
            string suite = Path.Join(root, "tests", "TorrentPS.Tests", "Pester");
            Environment.SetEnvironmentVariable("TORRENTPS_MODULE", module);
            Environment.SetEnvironmentVariable("TORRENTPS_STATE", Path.Join(stage, "state"));
            (int failed, string log) = await RunAsync(
                pwsh,
                "-Command",
                $"$c = New-PesterConfiguration; $c.Run.Path = '{suite}'; $c.Run.Exit = $true; $c.Output.RenderMode = 'Plaintext'; "
                + "Invoke-Pester -Configuration $c");
            output.WriteLine(log);
            Assert.True(failed == 0, log);
        }
        finally
        {
            Directory.Delete(stage, recursive: true);
        }
    }

    private static async Task<string> StageAsync(string pwsh, string root, string stage)
    {
        string module = Directory.CreateDirectory(Path.Join(stage, "TorrentPS")).FullName;
        string[] files =
        [
            .. new[] { "TorrentPS.dll", "TorrentPS.Engine.dll", "TorrentPS.Protocol.dll" }
                .Select(name => Path.Join(AppContext.BaseDirectory, name)),
            .. Directory.GetFiles(Path.Join(root, "module"), "*.ps1xml"),
            Path.Join(root, "TorrentPS.psd1"),
        ];
        foreach (string file in files)
            File.Copy(file, Path.Join(module, Path.GetFileName(file)));
        (int exit, string log) = await RunAsync(
            pwsh,
            "-File",
            Path.Join(root, "module", "ConvertTo-Maml.ps1"),
            "-ModulePath",
            module,
            "-SourcePath",
            Path.Join(root, "docs", "cmdlets"),
            "-OutputPath",
            Path.Join(module, "en-US", "TorrentPS.dll-Help.xml"));
        Assert.True(exit == 0, log);
        foreach (string topic in Directory.GetFiles(Path.Join(root, "docs", "about"), "*.help.txt"))
            File.Copy(topic, Path.Join(module, "en-US", Path.GetFileName(topic)));
        return module;
    }

    private static async Task<(int Exit, string Log)> RunAsync(string pwsh, params string[] arguments)
    {
        var start = new ProcessStartInfo(pwsh, ["-NoLogo", "-NoProfile", "-NonInteractive", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NO_COLOR"] = "1";
        using Process process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(timeout.Token);
            string log = await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, log + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string? Find(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Where(folder => folder.Length > 0)
        .Select(folder => Path.Join(folder, OperatingSystem.IsWindows() ? command + ".exe" : command))
        .FirstOrDefault(File.Exists);

    private static string RepositoryRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(folder, "TorrentPS.sln")))
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException("No TorrentPS.sln is above the tests.");
        return folder;
    }
}
