BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 4MB -Seed 9
    $null = New-Torrent data/album -OutputPath album.torrent
    $seedPort = Get-FreePort
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort -BindAddress 127.0.0.1 | Wait-Check
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'Ctrl+C' {
    It 'stops a download with -Wait cleanly and keeps verified pieces' -Skip:$IsWindows {
        $script = @"
Import-Module '$ModulePath'
Set-Location '$TestDrive'
try { Start-TorrentDownload album.torrent -Destination ./cut -Wait -DownloadLimit 300KB -Peer 127.0.0.1:$seedPort -Port $(Get-FreePort) -BindAddress 127.0.0.1 }
finally { Set-Content ./left "`$(@(Get-Torrent).Count) running" }
"@
        Set-Content child.ps1 $script
        $child = Start-Process (Join-Path $PSHOME pwsh) '-NoProfile', '-NonInteractive', '-File', 'child.ps1' -PassThru -RedirectStandardOutput out.txt -RedirectStandardError err.txt
        try {
            Wait-Until { @(Get-TorrentPeer -Name album | Where-Object Uploaded -GT 600KB).Count -gt 0 } | Should -BeTrue
            kill -INT $child.Id
            $child.WaitForExit(10000) | Should -BeTrue -Because 'the download stops within seconds'
        }
        finally { if (-not $child.HasExited) { $child.Kill() } }
        Get-Content ./left | Should -Be '0 running'
        Get-Content err.txt | Should -BeNullOrEmpty
        $kept = Test-Torrent album.torrent -DataPath cut
        $kept.PiecesGood | Should -BeGreaterThan 0
        $kept.IsComplete | Should -BeFalse
    }

    It 'is not needed when Select-Object -First ends the pipeline' {
        $first = Start-TorrentDownload album.torrent -Destination ./first -Wait -Peer "127.0.0.1:$seedPort" -Port (Get-FreePort) -BindAddress 127.0.0.1 | Select-Object -First 1
        $first.GoalReached | Should -BeTrue
        @(Get-Torrent).Count | Should -Be 1
    }
}

Describe 'The end of the shell' {
    It 'announces the stop of running torrents to their trackers' {
        $tracker = Start-Tracker
        try {
            $null = New-Torrent data/album -OutputPath tracked.torrent -Tracker $tracker.Url
            Set-Content child.ps1 "Import-Module '$ModulePath'; Set-Location '$TestDrive'; `$null = Start-TorrentSeed tracked.torrent -DataPath data -BindAddress 127.0.0.1 -Port $(Get-FreePort); while (-not (Test-Path end)) { Start-Sleep -Milliseconds 50 }"
            $child = Start-Process (Join-Path $PSHOME pwsh) '-NoProfile', '-NonInteractive', '-File', 'child.ps1' -PassThru -RedirectStandardOutput out.txt -RedirectStandardError err.txt
            Wait-Until { $tracker.Requests.ToArray() -match 'event=started' } -Seconds 30 | Should -BeTrue
            Set-Content end ''
            $child.WaitForExit(10000) | Should -BeTrue
            $child.ExitCode | Should -Be 0
            $tracker.Requests.ToArray()[-1] | Should -Match 'event=stopped'
        }
        finally { Stop-Tracker $tracker }
    }

    It 'by SIG<signal> announces the stop too' -Skip:$IsWindows -TestCases @{ signal = 'TERM' }, @{ signal = 'HUP' } {
        param($signal)
        $tracker = Start-Tracker -PeerPort 9
        try {
            $null = New-Torrent data/album -OutputPath tracked.torrent -Tracker $tracker.Url -Force
            Set-Content child.ps1 "Import-Module '$ModulePath'; Set-Location '$TestDrive'; Start-TorrentSeed tracked.torrent -DataPath data -BindAddress 127.0.0.1 -Port $(Get-FreePort) -Wait"
            $child = Start-Process (Join-Path $PSHOME pwsh) '-NoProfile', '-NonInteractive', '-File', 'child.ps1' -PassThru -RedirectStandardOutput out.txt -RedirectStandardError err.txt
            Wait-Until { $tracker.Requests.ToArray() -match 'event=started' } -Seconds 30 | Should -BeTrue
            kill "-$signal" $child.Id
            $child.WaitForExit(10000) | Should -BeTrue -Because 'the stop is announced within the grace'
            $tracker.Requests.ToArray()[-1] | Should -Match 'event=stopped'
        }
        finally { Stop-Tracker $tracker }
    }
}
