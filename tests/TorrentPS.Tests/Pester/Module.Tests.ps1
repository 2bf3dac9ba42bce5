BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $commands = Get-Command -Module TorrentPS | ForEach-Object { @{ Name = $_.Name } }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $pwsh = Join-Path $PSHOME pwsh

    function Measure-Sockets {
        # Number of open sockets of this process; null on systems without /proc.
        if (-not $IsLinux) { return $null }
        @(Get-ChildItem "/proc/$PID/fd" -ErrorAction SilentlyContinue | Where-Object { $_.LinkTarget -like 'socket:*' }).Count
    }
}

Describe 'The module' {
    It 'exports exactly the cmdlets of the manifest' {
        $manifest = Import-PowerShellDataFile (Join-Path $ModulePath TorrentPS.psd1)
        (Get-Command -Module TorrentPS).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        Test-ModuleManifest (Join-Path $ModulePath TorrentPS.psd1) -ErrorAction Stop | Should -Not -BeNullOrEmpty
    }

    It 'contains no assemblies except its own' {
        (Get-ChildItem $ModulePath -Filter *.dll).Name | Sort-Object | Should -Be 'TorrentPS.dll', 'TorrentPS.Engine.dll', 'TorrentPS.Protocol.dll'
    }

    It 'is imported quickly, and starts no thread and opens no socket' {
        $empty = Join-Path $TestDrive 'Empty' 'Empty.psd1'
        $null = New-Item (Split-Path $empty) -ItemType Directory
        New-ModuleManifest $empty
        $measure = @"
`$empty = (Measure-Command { Import-Module '$empty' }).TotalMilliseconds
`$sockets = @(Get-ChildItem /proc/`$PID/fd -ErrorAction SilentlyContinue | Where-Object LinkTarget -Like 'socket:*').Count
`$full = (Measure-Command { Import-Module '$ModulePath' }).TotalMilliseconds
`$opened = @(Get-ChildItem /proc/`$PID/fd -ErrorAction SilentlyContinue | Where-Object LinkTarget -Like 'socket:*').Count - `$sockets
`$named = if (`$IsLinux) { @(Get-Content /proc/`$PID/task/*/comm | Where-Object { `$_ -like '*orrent*' }).Count } else { 0 }
"`$(`$full - `$empty) `$opened `$named"
"@
        $runs = 1..3 | ForEach-Object { & $pwsh -NoProfile -NonInteractive -Command $measure }
        $best = ($runs | ForEach-Object { [double]($_ -split ' ')[0] } | Measure-Object -Minimum).Minimum
        $best | Should -BeLessThan 250
        $runs | ForEach-Object { ($_ -split ' ')[1, 2] } | Sort-Object -Unique | Should -Be '0'
    }

    It 'stops all torrents when it is removed, and can be imported again' {
        # A session that another test used for a search stays open for a minute. Close it before counting sockets.
        Remove-Module TorrentPS
        Import-Module $ModulePath
        $before = Measure-Sockets
        New-Content "$TestDrive/gone"
        $null = New-Torrent "$TestDrive/gone" -OutputPath "$TestDrive/gone.torrent"
        $job = Start-TorrentSeed "$TestDrive/gone.torrent" -DataPath $TestDrive -BindAddress 127.0.0.1 -Port (Get-FreePort) | Wait-Check
        if ($IsLinux) { Measure-Sockets | Should -BeGreaterThan $before }
        Remove-Module TorrentPS
        Wait-Until { $job.State -eq 'Stopped' } -Seconds 5 | Should -BeTrue
        if ($IsLinux) { Measure-Sockets | Should -Be $before }
        Import-Module $ModulePath
        Get-Torrent | Should -BeNullOrEmpty
        $job | Remove-Job
        $again = Start-TorrentSeed "$TestDrive/gone.torrent" -DataPath $TestDrive -BindAddress 127.0.0.1 -Port (Get-FreePort) | Wait-Check
        $again.State | Should -Be Running
        $again | Remove-Job -Force
        if ($IsLinux) { Wait-Until { (Measure-Sockets) -eq $before } -Seconds 5 | Should -BeTrue -Because 'the last torrent closes its session' }
    }

    It 'completes names and info hashes of running torrents' {
        New-Content "$TestDrive/it's here"
        $info = New-Torrent "$TestDrive/it's here" -OutputPath "$TestDrive/named.torrent"
        $job = Start-TorrentSeed "$TestDrive/named.torrent" -DataPath $TestDrive -BindAddress 127.0.0.1 -Port (Get-FreePort) | Wait-Check
        $line = 'Get-Torrent -Name it'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be "'it''s here'"
        $line = 'Stop-Torrent -InfoHash '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be $info.InfoHash
        $job | Remove-Job -Force
    }
}

Describe 'The help of <Name>' -ForEach $commands {
    BeforeAll {
        $help = Get-Help $Name -Full
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
        $parameters = (Get-Command $Name).Parameters.Keys | Where-Object { $_ -notin $common }
    }

    It 'has a synopsis and a description' {
        $help.Synopsis | Should -Match '\w+ .*\.$'
        $help.description.Text | Should -Not -BeNullOrEmpty
    }

    It 'describes each parameter, and no unknown ones' {
        $described = @($help.parameters | Where-Object { $_.PSObject.Properties['parameter'] } | ForEach-Object parameter)
        $described | ForEach-Object name | Sort-Object | Should -Be ($parameters | Sort-Object)
        foreach ($parameter in $described) {
            $parameter.Description.Text | Should -Not -BeNullOrEmpty -Because "-$($parameter.name) needs a description"
        }
    }

    It 'has an example and describes the output' {
        @($help.examples.example).Count | Should -BeGreaterOrEqual 1
        $help.examples.example.code | Should -Not -BeNullOrEmpty
        $help.returnValues.returnValue.type.name | Should -Not -BeNullOrEmpty
    }
}
