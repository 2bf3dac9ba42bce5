#!/usr/bin/env pwsh
#Requires -Version 7.6
<#
.SYNOPSIS
Builds, tests and packs TorrentPS.

.DESCRIPTION
Build    Builds the module into out/TorrentPS, ready for Import-Module (the default).
Test     Runs all tests with dotnet test.
Pester   Builds the module and runs its Pester tests.
Analyze  Runs PSScriptAnalyzer on the module's manifest, the scripts that ship and this script. The manifest is that of the
         module in TORRENTPS_MODULE; if this variable is not set, the module is built. Without PSScriptAnalyzer, only
         writes a line that says so.
Demo     Runs a tracker, a seed and a download on this machine.
Package  Builds the module and creates a zip file of it in out.
Clean    Removes the bin, obj, out and TestResults folders.

.EXAMPLE
./build.ps1 Build, Pester
#>
[CmdletBinding()]
param(
    # The tasks to run, in this order.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Pester', 'Analyze', 'Demo', 'Package', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$out = Join-Path $PSScriptRoot 'out'
$staged = Join-Path $out 'TorrentPS'
$project = Join-Path $PSScriptRoot 'src/TorrentPS/TorrentPS.csproj'

function Invoke-DotNet([string[]] $Arguments) {
    # Runs dotnet and throws if it fails.
    & dotnet @Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "dotnet $($Arguments[0]) failed with exit code $LASTEXITCODE."
    }
}

function Publish-ModuleFile {
    $common = @(
        $project, '--configuration', $Configuration, '--output', $staged
        '--nologo', '--verbosity', 'quiet', '-p:DebugType=none'
    )
    # Ahead-of-time compiled code makes the import faster. It is compiled for the platform of the build.
    $rid = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    & dotnet publish @common --runtime $rid --no-self-contained
    if ($LASTEXITCODE -ne 0) {
        Write-Warning ("The ahead-of-time compiler for $rid is not available. " +
            'The module is built without it; its import takes longer.')
        Invoke-DotNet -Arguments (@('publish') + $common)
    }
}

function Invoke-Build {
    if (Test-Path $staged) {
        Remove-Item $staged -Recurse -Force
    }

    Publish-ModuleFile
    Copy-Item (Join-Path $PSScriptRoot 'TorrentPS.psd1'), (Join-Path $PSScriptRoot 'LICENSE') $staged
    Copy-Item (Join-Path $PSScriptRoot 'module/*.ps1xml') $staged
    # Runs in a separate process, because an imported module keeps its files open.
    $converter = Join-Path $PSScriptRoot 'module/ConvertTo-Maml.ps1'
    $pages = Join-Path $PSScriptRoot 'docs/cmdlets'
    $help = Join-Path $staged 'en-US/TorrentPS.dll-Help.xml'
    & (Join-Path $PSHOME 'pwsh') -NoLogo -NoProfile -NonInteractive -File $converter `
        -ModulePath $staged -SourcePath $pages -OutputPath $help
    if ($LASTEXITCODE -ne 0) {
        throw 'ConvertTo-Maml.ps1 failed: the help file was not created.'
    }

    Copy-Item (Join-Path $PSScriptRoot 'docs/about/*.help.txt') (Join-Path $staged 'en-US')
    Write-Information "Built $staged" -InformationAction Continue
}

function Invoke-Test {
    Invoke-DotNet -Arguments 'test', "$PSScriptRoot/TorrentPS.sln", '--nologo', '--verbosity', 'quiet'
}

function Invoke-PesterSuite {
    if (-not (Get-Module -ListAvailable Pester | Where-Object Version -GE '5.5')) {
        throw 'Pester 5.5 or newer is not installed. Run Install-Module Pester.'
    }

    $suite = Join-Path $PSScriptRoot 'tests/TorrentPS.Tests/Pester'
    $run = "`$c = New-PesterConfiguration; `$c.Run.Path = '$suite'; `$c.Run.Exit = `$true; " +
        "`$c.Output.Verbosity = 'Normal'; Invoke-Pester -Configuration `$c"
    & (Join-Path $PSHOME 'pwsh') -NoLogo -NoProfile -NonInteractive -Command $run
    if ($LASTEXITCODE -ne 0) {
        throw "$LASTEXITCODE Pester tests failed."
    }
}

function Invoke-Analysis {
    if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) {
        Write-Information 'PSScriptAnalyzer is not installed: the scripts were not analysed.' -InformationAction Continue
        return
    }

    # The manifest is valid only beside the files that it names.
    $module = $env:TORRENTPS_MODULE
    if (-not $module) {
        Invoke-Build
        $module = $staged
    }

    $scripts = @(
        Get-Item (Join-Path $module 'TorrentPS.psd1')
        'build.ps1', 'module/*.ps1', 'examples/*/*.ps1' | ForEach-Object { Get-Item (Join-Path $PSScriptRoot $_) }
    )
    $found = @($scripts | ForEach-Object { Invoke-ScriptAnalyzer -Path $_ })
    $found | ForEach-Object { Write-Warning "$($_.ScriptName):$($_.Line): $($_.RuleName): $($_.Message)" }
    if ($found.Count) {
        throw "PSScriptAnalyzer found $($found.Count) problems."
    }

    Write-Information "PSScriptAnalyzer found no problem in $($scripts.Count) scripts." -InformationAction Continue
}

foreach ($name in $Task) {
    switch ($name) {
        'Build' { Invoke-Build }
        'Test' { Invoke-Test }
        'Pester' { Invoke-Build; Invoke-PesterSuite }
        'Analyze' { Invoke-Analysis }
        'Demo' {
            $console = Join-Path $PSScriptRoot 'src/TorrentPS.Cli'
            Invoke-DotNet -Arguments 'run', '--project', $console, '--configuration', $Configuration, '--', 'demo'
        }
        'Package' {
            Invoke-Build
            $version = (Import-PowerShellDataFile (Join-Path $staged 'TorrentPS.psd1')).ModuleVersion
            $zip = Join-Path $out "TorrentPS-$version.zip"
            Remove-Item $zip -ErrorAction Ignore
            [System.IO.Compression.ZipFile]::CreateFromDirectory($staged, $zip, 'Optimal', $true)
            Write-Information "Packed $zip" -InformationAction Continue
        }
        'Clean' {
            Get-ChildItem $PSScriptRoot -Directory -Recurse -Include bin, obj, out, TestResults | Remove-Item -Recurse -Force
        }
    }
}
