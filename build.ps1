#!/usr/bin/env pwsh
#Requires -Version 7.6
<#
.SYNOPSIS
Builds, tests and packs TorrentPS.

.DESCRIPTION
Build    puts the module into out/TorrentPS, ready for Import-Module (the default)
Test     runs all tests with dotnet test
Pester   builds the module and runs its Pester tests
Demo     runs a seed, a tracker and a download on this machine
Package  builds the module and zips it
Clean    removes what the other tasks made

.EXAMPLE
./build.ps1 Build, Pester
#>
[CmdletBinding()]
param(
    # What to do, in this order.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Pester', 'Demo', 'Package', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$out = Join-Path $PSScriptRoot 'out'
$staged = Join-Path $out 'TorrentPS'
$project = Join-Path $PSScriptRoot 'src' 'TorrentPS' 'TorrentPS.csproj'

function Invoke-DotNet {
    # Runs dotnet and stops at the first command that fails.
    & dotnet @args
    if ($LASTEXITCODE -ne 0) {
        throw "dotnet $($args[0]) failed with exit code $LASTEXITCODE."
    }
}

function Publish-Module {
    $common = @($project, '--configuration', $Configuration, '--output', $staged, '--nologo', '--verbosity', 'quiet', '-p:DebugType=none')
    # Code compiled ahead of time spares every import the just-in-time compiler; it is made for the platform that builds.
    $rid = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    & dotnet publish @common --runtime $rid --no-self-contained
    if ($LASTEXITCODE -ne 0) {
        Write-Warning "The ahead-of-time compiler for $rid is not to be had: the module is built without it and starts a little slower."
        Invoke-DotNet publish @common
    }
}

function Invoke-Build {
    if (Test-Path $staged) {
        Remove-Item $staged -Recurse -Force
    }

    Publish-Module
    Copy-Item (Join-Path $PSScriptRoot 'TorrentPS.psd1'), (Join-Path $PSScriptRoot 'LICENSE') $staged
    Copy-Item (Join-Path $PSScriptRoot 'module' '*.ps1xml') $staged
    # In a process of its own: an imported module keeps its files open.
    & (Join-Path $PSHOME 'pwsh') -NoLogo -NoProfile -NonInteractive -File (Join-Path $PSScriptRoot 'module' 'ConvertTo-Maml.ps1') `
        -ModulePath $staged -SourcePath (Join-Path $PSScriptRoot 'docs' 'cmdlets') -OutputPath (Join-Path $staged 'en-US' 'TorrentPS.dll-Help.xml')
    if ($LASTEXITCODE -ne 0) {
        throw 'The help could not be built.'
    }

    Write-Host "Built $staged"
}

function Invoke-Test {
    Invoke-DotNet test (Join-Path $PSScriptRoot 'TorrentPS.sln') --nologo --verbosity quiet
}

function Invoke-PesterSuite {
    if (-not (Get-Module -ListAvailable Pester | Where-Object Version -GE '5.5')) {
        throw 'Pester 5.5 or newer is needed: Install-Module Pester.'
    }

    $suite = Join-Path $PSScriptRoot 'tests' 'TorrentPS.Tests' 'Pester'
    $run = "`$c = New-PesterConfiguration; `$c.Run.Path = '$suite'; `$c.Run.Exit = `$true; `$c.Output.Verbosity = 'Normal'; Invoke-Pester -Configuration `$c"
    & (Join-Path $PSHOME 'pwsh') -NoLogo -NoProfile -NonInteractive -Command $run
    if ($LASTEXITCODE -ne 0) {
        throw "$LASTEXITCODE Pester tests failed."
    }
}

foreach ($name in $Task) {
    switch ($name) {
        'Build' { Invoke-Build }
        'Test' { Invoke-Test }
        'Pester' { Invoke-Build; Invoke-PesterSuite }
        'Demo' { Invoke-DotNet run --project (Join-Path $PSScriptRoot 'src' 'TorrentPS.Cli') --configuration $Configuration -- demo }
        'Package' {
            Invoke-Build
            $version = (Import-PowerShellDataFile (Join-Path $staged 'TorrentPS.psd1')).ModuleVersion
            $zip = Join-Path $out "TorrentPS-$version.zip"
            Remove-Item $zip -ErrorAction Ignore
            [System.IO.Compression.ZipFile]::CreateFromDirectory($staged, $zip, 'Optimal', $true)
            Write-Host "Packed $zip"
        }
        'Clean' {
            Get-ChildItem $PSScriptRoot -Directory -Recurse -Include bin, obj, out, TestResults | Remove-Item -Recurse -Force
        }
    }
}
