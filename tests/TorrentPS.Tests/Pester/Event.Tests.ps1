BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 2MB -Seed 11
    $tracker = Start-Tracker
    $info = New-Torrent data/album -OutputPath album.torrent -Tracker $tracker.Url
    $seedPort = Get-FreePort
    $local = @{ BindAddress = '127.0.0.1' }
    $before = @(Get-TorrentEvent)
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort @local | Wait-Check
    $fromSeed = @{ Peer = "127.0.0.1:$seedPort"; Port = (Get-FreePort); BindAddress = '127.0.0.1' }
    $result = Start-TorrentDownload album.torrent -Destination ./first -Wait @fromSeed
    Wait-Until { @(Get-TorrentEvent -Name album -Kind TrackerAnswered).Count -gt 0 } | Should -BeTrue
}

AfterAll {
    Stop-Tracker $tracker
    Remove-AllJobs
    Pop-Location
}

Describe 'Get-TorrentEvent' {
    It 'shows the events of running and ended torrents, typed, in order' {
        $result.GoalReached | Should -BeTrue
        $events = @(Get-TorrentEvent)
        $events | Should -BeOfType 'TorrentPS.TorrentEvent'
        $events.Count | Should -BeGreaterThan $before.Count
        $events.Number | Should -Be ($events.Number | Sort-Object)
        $events[-1].Time | Should -BeOfType [datetime]
        # The log is that of the process: torrents of other test files may have the same name.
        $own = @($events | Where-Object InfoHash -EQ $info.InfoHash)
        $connected = @($own | Where-Object Kind -EQ 'PeerConnected')
        $connected[0].Peer | Should -BeOfType [System.Net.IPEndPoint]
        $connected[0].Torrent | Should -Be 'album'
        $own.Message | Should -Contain 'State changed from Seeding to Stopped.'
    }

    It 'selects by kind' {
        $events = @(Get-TorrentEvent -Kind PeerConnected, PeerDisconnected)
        $events.Kind | Sort-Object -Unique | Should -Be PeerConnected, PeerDisconnected
        @(Get-TorrentEvent -Kind PeerBanned).Count | Should -Be 0
    }

    It 'selects the last events' {
        $all = @(Get-TorrentEvent album)
        $last = @(Get-TorrentEvent album -Last 3)
        $last.Number | Should -Be $all[-3..-1].Number
        Get-TorrentEvent -Last 0 | Should -BeNullOrEmpty
    }

    It 'selects torrents by <How>' -ForEach @(
        @{ How = 'name'; Select = { Get-TorrentEvent al* } }
        @{ How = '-Torrent'; Select = { Get-TorrentEvent -Torrent album } }
        @{ How = 'info hash'; Select = { Get-TorrentEvent -InfoHash $info.InfoHash } }
        @{ How = 'torrent'; Select = { Get-Torrent album | Get-TorrentEvent } }
        @{ How = 'job'; Select = { Get-Job | Get-TorrentEvent } }
    ) {
        $null = Set-TorrentSession -MaxConnections 400
        $null = Set-TorrentSession -MaxConnections 500
        $events = @(& $Select)
        $events.Count | Should -BeGreaterThan 3
        $events.Torrent | Sort-Object -Unique | Should -Be album
        Get-TorrentEvent nothing | Should -BeNullOrEmpty
        @(Get-TorrentEvent -Kind SettingsChanged | Where-Object { $null -eq $_.Torrent }).Count | Should -BeGreaterThan 0
    }

    It 'completes names of running torrents and kinds' {
        $line = 'Get-TorrentEvent -Name al'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be album
        $line = 'Get-TorrentEvent -Kind Peer'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText |
            Should -Be PeerBanned, PeerConnected, PeerDisconnected, PeerRefused
    }

    It 'is shown as a table of at most 80 columns' {
        $lines = (Get-TorrentEvent album | Out-String -Width 80) -split '\r?\n' | Where-Object { $_ }
        $lines[0] | Should -Match '^Time +Kind +Torrent +Message$'
        $lines -match '^\d\d:\d\d:\d\d \w' | Should -Not -BeNullOrEmpty
        $lines -match '^\d\d:\d\d:\d\d DownloadCompleted ' | Should -Not -BeNullOrEmpty
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
    }

    It 'continues with -Wait until it is stopped' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($module)
                Import-Module $module
                Get-TorrentEvent -Torrent album -Kind StateChanged -Last 0 -Wait
            }).AddArgument($ModulePath)
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $output.EnumeratorNeverBlocks = $true
        $nothing = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $nothing.Complete()
        $running = $shell.BeginInvoke($nothing, $output)
        Start-Sleep 1
        $running.IsCompleted | Should -BeFalse
        $job = Start-TorrentDownload album.torrent -Destination ./second @fromSeed
        $null = $job | Wait-Job -Timeout 30
        Wait-Until { @($output).Message -like '*to Stopped.' } | Should -BeTrue
        $output[0].Message | Should -Be 'Started in state Checking.'
        $output.Kind | Sort-Object -Unique | Should -Be StateChanged
        $running.IsCompleted | Should -BeFalse
        $stopping = $shell.BeginStop($null, $null)
        $stopping.AsyncWaitHandle.WaitOne(5000) | Should -BeTrue -Because 'Ctrl+C ends the wait'
        $shell.InvocationStateInfo.State | Should -Be Stopped
        $shell.Dispose()
        $job | Remove-Job -Force
    }

    It 'ends -Wait when a later command ends the pipeline' {
        @(Get-TorrentEvent album -Wait | Select-Object -First 2).Count | Should -Be 2
    }
}

Describe '-Verbose' {
    It 'shows the events while Start-TorrentDownload -Wait runs, and none of earlier runs' {
        $all = Start-TorrentDownload album.torrent -Destination ./third -Wait @fromSeed -Verbose 4>&1
        $lines = @($all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message)
        @($lines -eq 'album: Started in state Checking.').Count | Should -Be 1
        @($lines -like "album 127.0.0.1:${seedPort}: Connected to *").Count | Should -Be 1
        $lines | Should -Contain 'album: State changed from Downloading to Seeding.'
        @($all | Where-Object { $_ -is [TorrentPS.TorrentResult] }).Count | Should -Be 1
    }

    It 'tells the story of a magnet download in order' {
        # The content differs in each process, so that its metadata is not in the state folder.
        New-Content data/story -Size 3MB -Seed $PID
        $story = New-Torrent data/story -OutputPath story.torrent
        $seedJob = Start-TorrentSeed story.torrent -DataPath data -Port $seedPort @local | Wait-Check
        $announced = Start-Tracker -PeerPort $seedPort
        $link = "magnet:?xt=urn:btih:$($story.InfoHash)&dn=story&tr=$([uri]::EscapeDataString($announced.Url))"
        try {
            $all = Start-TorrentDownload $link -Destination ./told -Include '*.bin' -DownloadLimit 2MB -Wait -Verbose -Port $fromSeed.Port @local 4>&1
        }
        finally {
            Stop-Tracker $announced
            $seedJob | Remove-Job -Force
        }

        $lines = @($all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message)
        $told = @(
            "story: Added as a download to '$TestDrive/told'. The metadata is downloaded from peers."
            "story: http://127.0.0.1:*answered with 1 peer."
            "story 127.0.0.1:${seedPort}: Connected to TorrentPS *, peer source Tracker."
            'story: Received the metadata from peers: * bytes.'
            'story: Content: 3.10 MiB in 4 files, * pieces of 16.0 KiB; 2 files of 3.10 MiB are wanted.'
            'story: Checked the data on disk: 0 of * pieces are verified.'
            'story: State changed from Checking to Downloading.'
            'story: * % downloaded: * MiB of 3.10 MiB at * MiB/s; 1 peer connected*'
            'story: Download complete after * s: 3.10 MiB from 1 peer, * MiB/s on average, 0 B wasted, 0 B failed the hash check, 0 B uploaded (ratio 0.00).'
            'story: Reached the goal and ended after * s: 3.10 MiB downloaded, 0 B uploaded (ratio 0.00).'
        )
        $next = 0
        foreach ($line in $lines) {
            if ($next -lt $told.Count -and $line -like $told[$next]) { $next++ }
        }
        $told | Select-Object -Skip $next -First 1 | Should -BeNullOrEmpty -Because "this line comes next in`n$($lines -join "`n")"
        @($lines -like '* % downloaded: *').Count | Should -BeLessOrEqual 10 -Because 'progress is not told for each piece'
    }

    It 'tells why a download failed' {
        $null = Start-TorrentDownload album.torrent -Destination ./failed -Wait @local -Port $fromSeed.Port -Timeout 1 -Verbose 4>&1 -ErrorAction SilentlyContinue |
            Tee-Object -Variable all
        $lines = @($all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message)
        $lines | Should -Contain "album: State changed from Downloading to Failed. 'album' did not reach its goal within 1 s. Verified pieces are kept."
        $lines[-1] | Should -BeLike 'album: Ended after * s: 0 B downloaded, 0 B uploaded (ratio 0.00).'
    }

    It 'shows the connections of the first peer only' {
        $other = Get-FreePort
        $second = Start-TorrentSeed album.torrent -DataPath data -Port $other @local | Wait-Check
        $limited = @{ Peer = "127.0.0.1:$seedPort", "127.0.0.1:$other"; Port = $fromSeed.Port; DownloadLimit = 1MB }
        $all = Start-TorrentDownload album.torrent -Destination ./two -Wait -Verbose @limited @local 4>&1
        $lines = @($all | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message)
        @($lines -like 'album 127.0.0.1:*: Connected to *').Count | Should -Be 1
        @(Get-TorrentEvent album -Kind PeerConnected | Where-Object { $_.Peer.Port -in $seedPort, $other }).Count | Should -BeGreaterOrEqual 2
        $second | Remove-Job -Force
    }

    It 'shows the events of a job in Receive-Job' {
        $job = Start-TorrentDownload album.torrent -Destination ./fourth @fromSeed
        $null = $job | Wait-Job -Timeout 30
        $lines = @($job | Receive-Job -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message)
        @($lines -eq 'album: Started in state Checking.').Count | Should -Be 1
        $lines | Should -Contain 'album: State changed from Seeding to Stopped.'
        $job | Remove-Job
    }
}
