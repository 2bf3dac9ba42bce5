BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    $seedPort = Get-FreePort
    $local = @{ Port = (Get-FreePort); BindAddress = '127.0.0.1' }
    foreach ($name in 'first', 'second', 'third') {
        New-Content "data/$name" -Size 300KB
        $null = New-Torrent "data/$name" -OutputPath "$name.torrent"
        $null = Start-TorrentSeed "$name.torrent" -DataPath data -Port $seedPort -BindAddress 127.0.0.1 | Wait-Check
    }
    $fromSeed = @{ Peer = "127.0.0.1:$seedPort" } + $local
    $all = 'first.torrent', 'second.torrent', 'third.torrent'

    function Get-State([string] $Name) { (Get-Torrent $Name | Where-Object Destination -NotLike '*data').State }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe '-ThrottleLimit' {
    AfterEach { Get-Job | Where-Object Location -Like '*throttled*' | Remove-Job -Force }

    It 'downloads that many torrents at once; the others are queued, and start as others end' {
        $jobs = $all | Start-TorrentDownload -Destination throttled1 -ThrottleLimit 1 @local
        Wait-Until { (Get-State first) -eq 'Downloading' } | Should -BeTrue
        Get-State second | Should -Be Queued
        Get-State third | Should -Be Queued
        $jobs.State | Should -Be Running, NotStarted, NotStarted
        $jobs[1].StatusMessage | Should -BeLike 'Queued*'
        $jobs[0] | Stop-Job
        Wait-Until { (Get-State second) -eq 'Downloading' } | Should -BeTrue
        Wait-Until { $jobs[1].State -eq 'Running' } | Should -BeTrue
        Get-State third | Should -Be Queued
        $jobs[2] | Resume-Job
        Wait-Until { (Get-State third) -eq 'Downloading' } | Should -BeTrue -Because 'the user may start a queued torrent'
    }

    It 'completes all with -Wait' {
        $results = $all | Start-TorrentDownload -Destination throttled2 -ThrottleLimit 1 -Wait @fromSeed
        $results.GoalReached | Should -Be $true, $true, $true
        $results.Name | Should -Be 'first', 'second', 'third'
    }

    It 'stops and suspends queued jobs' {
        $jobs = $all | Start-TorrentDownload -Destination throttled3 -ThrottleLimit 1 @local
        $jobs[1] | Suspend-Job
        $jobs[1].State | Should -Be Suspended
        $jobs[2] | Stop-Job
        $jobs[2].State | Should -Be Stopped
        $result = $jobs[2] | Receive-Job | Select-Object -Last 1
        $result.GoalReached | Should -BeFalse
        $result.Error | Should -Not -BeNullOrEmpty
    }
}

Describe '-Timeout and -StallTimeout' {
    It 'end a download that receives nothing' {
        $result = Start-TorrentDownload first.torrent -Destination stalled -StallTimeout 1 -Wait @local -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'StallTimeout,*'
        $errors[0].CategoryInfo.Category | Should -Be OperationTimeout
        $result.State | Should -Be Failed
        $result.GoalReached | Should -BeFalse
        $result.Error | Should -BeLike "'first' received no new data for 1 s*"
        $result.Elapsed.TotalSeconds | Should -BeLessThan 10
    }

    It 'end a download that takes too long' {
        $job = Start-TorrentDownload first.torrent -Destination slow -Timeout ([timespan]'00:00:01') -DownloadLimit 16KB @fromSeed
        $null = $job | Wait-Job -Timeout 15
        $job.State | Should -Be Failed
        ($job | Receive-Job -ErrorAction SilentlyContinue)[-1].FaultId | Should -Be Timeout
        $job | Remove-Job
    }

    It 'are taken from the columns of a CSV file, in which a blank cell means no limit' {
        $rows = 'Path,Timeout,StallTimeout', 'first.torrent,,1', 'second.torrent,1s,' | ConvertFrom-Csv
        $results = $rows | Start-TorrentDownload -Destination rows -Wait @local -ErrorAction SilentlyContinue
        ($results | Sort-Object Name).FaultId | Should -Be StallTimeout, Timeout
    }

    It 'refuse <value>' -TestCases @{ value = 'soon' }, @{ value = 0 }, @{ value = [timespan]::Zero } {
        { Start-TorrentDownload first.torrent -Timeout $value } | Should -Throw '*is not a time span above 0*'
    }
}

Describe 'Results' {
    BeforeAll {
        Set-Content bad.torrent 'no torrent'
        Set-Content occupied 'a file'
        $null = New-Item folder.torrent -ItemType Directory
        $magnet = 'magnet:?xt=urn:btih:0123456789012345678901234567890123456789'
        $inputs = 'first.torrent', 'first.torrent', 'bad.torrent', 'missing.torrent', '*.nothing', 'folder.torrent',
            'magnet:?nothing', $magnet, 'env:PATH', 'nodrive:/x.torrent', 'http://127.0.0.1:1/x.torrent',
            [pscustomobject]@{ Path = 'second.torrent'; Include = '*.none' },
            [pscustomobject]@{ Path = 'second.torrent'; StopWhen = 'Never'; SeedRatio = 1 },
            [pscustomobject]@{ Path = '' }
        $limits = @{ DownloadLimit = 300KB; StallTimeout = 3 } + $fromSeed

        function Invoke-Download {
            param([hashtable] $With)
            $inputs | Start-TorrentDownload @limits @With -ErrorVariable errors -ErrorAction SilentlyContinue
            $script:errors = $errors
        }
    }

    AfterEach { Get-Job | Where-Object Command -Like '*@limits*' | Remove-Job -Force }

    It 'are exactly one for each input, and so are errors: <How>' -ForEach @(
        @{ How = '-Wait'; Results = { Invoke-Download @{ Destination = 'each1'; Wait = $true } } }
        @{ How = '-Wait -ThrottleLimit'; Results = { Invoke-Download @{ Destination = 'each2'; Wait = $true; ThrottleLimit = 2 } } }
        @{ How = '-Wait -PassThru'; Results = { (Invoke-Download @{ Destination = 'each3'; Wait = $true; PassThru = $true }).Result } }
        @{ How = 'jobs, then Wait-Torrent'; Results = { Invoke-Download @{ Destination = 'each4' } | Wait-Torrent -ErrorAction SilentlyContinue } }
        @{ How = '-ThrottleLimit, then Wait-Torrent'; Results = { Invoke-Download @{ Destination = 'each5'; ThrottleLimit = 1 } | Wait-Torrent -ErrorAction SilentlyContinue } }
        @{
            How = 'jobs, then Receive-Job'
            Results = {
                $jobs = Invoke-Download @{ Destination = 'each6' }
                $null = $jobs | Wait-Job -Timeout 30
                $jobs | Receive-Job -ErrorAction SilentlyContinue | Where-Object { $_ -is [TorrentPS.TorrentResult] }
            }
        }
    ) {
        $results = @(& $Results)
        $results.Count | Should -Be $inputs.Count
        foreach ($result in $results) {
            $result.State | Should -BeIn Stopped, Failed
            [bool]$result.Error | Should -Be (-not $result.GoalReached)
        }
        @($results | Where-Object GoalReached).Count | Should -Be 1
        @($results | Where-Object Source -EQ (Join-Path $TestDrive first.torrent)).State | Sort-Object | Should -Be Stopped, Failed -Because 'it is in the session already'
        @($results | Where-Object Source -EQ (Join-Path $TestDrive second.torrent)).Count | Should -Be 2
        ($results | Where-Object Source -Like '*bad.torrent').State | Should -Be Failed
        ($results | Where-Object Source -EQ missing.torrent).Error | Should -BeLike '*does not exist*'
        ($results | Where-Object Source -EQ '*.nothing').Error | Should -BeLike "No file matches '?.nothing'*"
        ($results | Where-Object Source -EQ $magnet).FaultId | Should -Be StallTimeout
        $results.Source | Should -Contain 'magnet:?nothing'
        @($errors).Count | Should -Be ($inputs.Count - 1 - ($How -notlike '-Wait*'))
    }

    It 'are exactly one for each row, also if its destination is not in the file system' {
        $rows = @(
            [pscustomobject]@{ Path = 'second.torrent'; Destination = 'env:none' }
            [pscustomobject]@{ Path = 'second.torrent'; Destination = 'nodrive:/none' }
            [pscustomobject]@{ Path = 'second.torrent'; Destination = 'rows2' }
        )
        $jobs = @($rows | Start-TorrentDownload @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue)
        $errors.FullyQualifiedErrorId | Should -BeLike 'NotAFileSystemPath,*'
        @($errors).Count | Should -Be 2
        $results = @($jobs | Wait-Torrent -ErrorAction SilentlyContinue)
        $results.GoalReached | Should -Be $false, $false, $true
        $jobs | Remove-Job
    }

    It 'are exactly one for each input of Start-TorrentSeed' {
        $seeds = 'bad.torrent', 'missing.torrent', 'magnet:?nothing', [pscustomobject]@{ Path = 'first.torrent'; DataPath = 'nowhere' }
        $jobs = @($seeds | Start-TorrentSeed @local -ErrorVariable errors -ErrorAction SilentlyContinue)
        $jobs.State | Should -Be (@('Failed') * 4)
        @($errors).Count | Should -Be 4
        $results = @($jobs | Wait-Torrent -ErrorAction SilentlyContinue)
        $results.Source | Should -Be (Join-Path $TestDrive bad.torrent), missing.torrent, 'magnet:?nothing', (Join-Path $TestDrive first.torrent)
        $results[3].Error | Should -BeLike "*nowhere' does not exist*"
        $jobs | Remove-Job
        @($seeds | Start-TorrentSeed @local -Wait -ErrorAction SilentlyContinue).Count | Should -Be 4
    }

    It 'are not written for later inputs with -ErrorAction Stop, and no job is left' {
        foreach ($with in @{}, @{ Wait = $true }) {
            { 'missing.torrent', 'second.torrent' | Start-TorrentDownload @limits @with -Destination stop -ErrorAction Stop } |
                Should -Throw -ErrorId 'PathNotFound,*'
        }
        Get-Job | Where-Object Command -Like '*-Destination stop*' | Should -BeNullOrEmpty
        (Get-Torrent).Destination | Should -Not -Contain (Join-Path $TestDrive stop)
    }

    It 'are one for each job, even if Wait-Torrent gets the job twice' {
        $ended = Start-TorrentDownload second.torrent -Destination twice @fromSeed
        $null = $ended | Wait-Job -Timeout 30
        $failed = Start-TorrentDownload missing.torrent -ErrorAction SilentlyContinue
        $results = @($ended, $ended, $failed, $failed | Wait-Torrent -ErrorVariable errors -ErrorAction SilentlyContinue)
        $results.State | Should -Be Stopped, Failed
        @($errors)[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
        $ended, $failed | Remove-Job
    }

    It 'contain the fault that ended a torrent' {
        $result = Start-TorrentDownload second.torrent -Destination occupied -Wait @fromSeed -ErrorAction SilentlyContinue
        $result.FaultId | Should -Be BadPath
        $result.Error | Should -Be $result.Fault
        $result | Format-List | Out-String | Should -Match 'Error +:'
    }
}

Describe 'The job of an input that cannot be started' {
    BeforeAll {
        Set-Content bad.torrent 'no torrent'
        $failed = Start-TorrentDownload bad.torrent -Destination failed @local -ErrorAction SilentlyContinue
    }

    It 'is a torrent job in the state Failed, with the reason' {
        $failed | Should -BeOfType 'TorrentPS.Jobs.TorrentJob'
        $job = Get-Job -Id $failed.Id
        $job.State | Should -Be Failed
        $job.PSJobTypeName | Should -Be TorrentJob
        $job.StatusMessage | Should -BeLike "*bad.torrent' is not a valid torrent*"
        $job.JobStateInfo.Reason.Message | Should -Be $job.StatusMessage
        $job.Location | Should -Be (Join-Path $TestDrive failed)
        $job.Status | Should -BeNullOrEmpty
        $job.InfoHash | Should -BeNullOrEmpty
        ($job | Out-String -Width 120) | Should -Match "(?m)^ *$($job.Id) .*Failed"
        ($job | Wait-Job -Timeout 5).State | Should -Be Failed
    }

    It 'has one result and the error' {
        $received = @($failed | Receive-Job -Keep -ErrorVariable errors -ErrorAction SilentlyContinue)
        $received.Count | Should -Be 1
        $received[0].Source | Should -Be (Join-Path $TestDrive bad.torrent)
        $received[0].State | Should -Be Failed
        $received[0].GoalReached | Should -BeFalse
        $received[0].Error | Should -Be $failed.StatusMessage
        @($errors)[0].FullyQualifiedErrorId | Should -BeLike 'InvalidTorrent*'
    }

    It 'is refused by Suspend-Job, and ignored by cmdlets for running torrents' {
        $failed | Suspend-Job -ErrorVariable errors -ErrorAction SilentlyContinue
        @($errors)[0].FullyQualifiedErrorId | Should -BeLike 'JobNotSuspendable,*'
        $failed | Stop-Job
        $failed | Set-Torrent -DownloadLimit 1MB -ErrorAction Stop
        $failed | Stop-Torrent -ErrorAction Stop
        $failed | Get-TorrentTracker -ErrorAction Stop | Should -BeNullOrEmpty
        $failed | Get-TorrentPeer -ErrorAction Stop | Should -BeNullOrEmpty
        $failed.State | Should -Be Failed
    }

    It 'is removed by Remove-Job, and leaves no torrent and no open port' {
        $port = Get-FreePort
        $job = Start-TorrentDownload first.torrent -Destination failed -Include '*.none' -Port $port -BindAddress 127.0.0.1 -ErrorAction SilentlyContinue
        $job.Result.Error | Should -BeLike '*no file matches*'
        $job, $failed | Remove-Job
        Get-Job -Id $job.Id, $failed.Id -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        (Get-Torrent).Destination | Should -Not -Contain (Join-Path $TestDrive failed)
        'failed' | Should -Not -Exist
        Wait-Until {
            $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, $port)
            try { $listener.Start(); $true } catch { $false } finally { $listener.Stop() }
        } | Should -BeTrue
    }
}

Describe 'A result' {
    It 'starts its torrent again in the same destination, also by file names with brackets' {
        Set-Content -LiteralPath '[1].torrent' 'incomplete'
        $results = @(Start-TorrentDownload -LiteralPath '[1].torrent' -Destination again -Wait @fromSeed -ErrorAction SilentlyContinue)
        $results += Start-TorrentDownload second.torrent -Destination again2 -Wait -StallTimeout 1 @local -ErrorAction SilentlyContinue
        $results.State | Should -Be Failed, Failed
        [System.IO.File]::Copy("$TestDrive/first.torrent", "$TestDrive/[1].torrent", $true)
        $retried = @($results | Start-TorrentDownload -Wait @fromSeed)
        $retried.GoalReached | Should -Be $true, $true
        ($retried | Sort-Object Name).Path | Should -Be (Join-Path $TestDrive again first), (Join-Path $TestDrive again2 second)
        $elsewhere = $retried | Where-Object Name -EQ first | Start-TorrentDownload -Destination again3 -Wait @fromSeed
        $elsewhere.Path | Should -Be (Join-Path $TestDrive again3 first)
    }

    It 'is seeded from where it was downloaded' {
        $result = Start-TorrentDownload third.torrent -Destination seeded -Wait @fromSeed
        $job = $result | Start-TorrentSeed @local | Wait-Check
        $job.Status.State | Should -Be Seeding
        $job.Status.Path | Should -Be $result.Path
        $job | Remove-Job -Force
    }

    It 'of a torrent from Get-TorrentInfo -Magnet has the magnet link as the source' {
        $info = Get-TorrentInfo (Get-TorrentInfo first.torrent).Magnet
        $result = $info | Start-TorrentDownload -Destination linked -Wait @fromSeed
        $result.Source | Should -Be $info.Magnet
    }
}

Describe 'Wait-Torrent' {
    It 'writes each result as soon as its torrent has ended' {
        $slow = Start-TorrentDownload first.torrent -Destination waited -StallTimeout 4 @local
        $quick = Start-TorrentDownload second.torrent -Destination waited @fromSeed
        $seen = @($slow, $quick | Wait-Torrent -ErrorVariable errors -ErrorAction SilentlyContinue | ForEach-Object {
                [pscustomobject]@{ Result = $_; SlowIsRunning = $slow.State -eq 'Running' }
            })
        $seen.Result.Name | Should -Be 'second', 'first'
        $seen.SlowIsRunning | Should -Be $true, $false
        $seen.Result.GoalReached | Should -Be $true, $false
        @($errors)[0].FullyQualifiedErrorId | Should -BeLike 'StallTimeout,*'
        $again = @($slow, $quick | Wait-Torrent -ErrorAction SilentlyContinue)
        $again.Count | Should -Be 2 -Because 'ended jobs have results too'
        $slow, $quick | Remove-Job
    }

    It 'takes names and statuses, and ends after -Timeout without stopping the torrent' {
        $job = Start-TorrentDownload third.torrent -Destination endless @local
        $result = Get-Torrent third | Where-Object Destination -Like '*endless' | Wait-Torrent -Timeout 0.5 -ErrorVariable errors -ErrorAction SilentlyContinue
        @($errors)[0].FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        $result.GoalReached | Should -BeFalse
        $result.Error | Should -BeLike '*did not end within*'
        $job.State | Should -Be Running
        $job | Remove-Job -Force
    }

    It 'ends for a torrent that a fault has paused, which can be resumed' {
        Set-Content taken 'a file'
        $job = Start-TorrentDownload third.torrent -Destination taken @fromSeed
        $result = $job | Wait-Torrent -ErrorAction SilentlyContinue
        $result.State | Should -Be Paused
        $result.FaultId | Should -Be BadPath
        Remove-Item taken
        $job | Resume-Job
        ($job | Wait-Torrent).GoalReached | Should -BeTrue
        $job | Remove-Job
    }
}

Describe 'The nightly script' {
    It 'is the one in README' {
        $root = (Resolve-Path $PSScriptRoot/../../..).Path
        $script = (Get-Content -Raw $root/examples/Nightly/nightly.ps1).Trim()
        (Get-Content -Raw $root/README.md).Contains($script) | Should -BeTrue
        ($script -split '\n').Count | Should -BeLessOrEqual 12
    }

    BeforeAll {
        $script = (Resolve-Path $PSScriptRoot/../../../examples/Nightly/nightly.ps1).Path
    }

    It 'has at most twelve lines, and the README shows it' {
        $lines = Get-Content $script
        $lines.Count | Should -BeLessOrEqual 12
        (Get-Content $PSScriptRoot/../../../README.md -Raw).Contains($lines -join "`n") | Should -BeTrue
    }

    It 'downloads files and magnet links, reports each in a CSV file, and fails if one failed' {
        $tracker = Start-Tracker -PeerPort $seedPort
        $path = $env:PSModulePath
        $env:PSModulePath = (Split-Path $ModulePath) + [System.IO.Path]::PathSeparator + $path
        try {
            $null = New-Item night -ItemType Directory
            $null = New-Torrent data/first -OutputPath night/first.torrent -Tracker $tracker.Url
            $null = New-Torrent data/second -OutputPath 'night/[2].torrent' -Tracker $tracker.Url
            (New-Torrent data/third -OutputPath third2.torrent -Tracker $tracker.Url).Magnet, '' | Set-Content night/links.magnet
            Set-Content night/bad.torrent 'no torrent'
            $null = & (Join-Path $PSHOME pwsh) -NoProfile -NonInteractive -File $script -Folder "$TestDrive/night" 2>&1
            $LASTEXITCODE | Should -Be 1
            $rows = @(Import-Csv night/report.csv)
            $rows.Count | Should -Be 4
            @($rows | Where-Object GoalReached -EQ True).Count | Should -Be 3
            ($rows | Where-Object GoalReached -NE True).Source | Should -BeLike '*bad.torrent'
            ($rows | Where-Object GoalReached -NE True).Error | Should -Not -BeNullOrEmpty
            Get-ContentHash night/done | Should -Be (Get-ContentHash data)

            Remove-Item night/bad.torrent
            & (Join-Path $PSHOME pwsh) -NoProfile -NonInteractive -File $script -Folder "$TestDrive/night"
            $LASTEXITCODE | Should -Be 0
            @(Import-Csv night/report.csv).Count | Should -Be 3
        }
        finally {
            $env:PSModulePath = $path
            Stop-Tracker $tracker
        }
    }
}
