BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 2MB -Seed 5
    $info = New-Torrent data/album -OutputPath album.torrent
    $seedPort = Get-FreePort
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort -BindAddress 127.0.0.1 | Wait-Check
    $fromSeed = @{ Peer = "127.0.0.1:$seedPort"; Port = (Get-FreePort); BindAddress = '127.0.0.1' }

    function Start-Slow([string] $Destination, [hashtable] $With = @{}) {
        # Starts a slow download and waits for its first piece.
        $job = Start-TorrentDownload album.torrent -Destination $Destination -DownloadLimit 200KB @fromSeed @With
        Wait-Until { $job.Status.PiecesHave -gt 0 } | Should -BeTrue
        $job
    }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'Set-Torrent' {
    It 'removes a limit while it is in effect, and the download gets faster' {
        $job = Start-Slow ./lifted
        ($job | Get-Torrent).DownloadLimit | Should -Be 200KB
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $after = $job | Set-Torrent -DownloadLimit 0 -UploadLimit 3MB -PassThru
        $after.DownloadLimit | Should -BeNullOrEmpty
        $after.UploadLimit | Should -Be 3MB
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 6 -Because 'two megabytes take ten seconds at the old limit'
        Get-ContentHash lifted/album | Should -Be (Get-ContentHash data/album)
        $job | Remove-Job
    }

    It 'sets a limit on a running torrent, and the rate stays below it' {
        Set-Torrent -InfoHash $info.InfoHash -UploadLimit 700KB
        $result = Start-TorrentDownload album.torrent -Destination ./limited -Wait @fromSeed
        Set-Torrent album -UploadLimit 0
        $result.AverageRate | Should -BeLessThan 930KB -Because 'a burst of a quarter of a second is allowed'
        (Get-Torrent album).UploadLimit | Should -BeNullOrEmpty
    }

    It 'changes each setting of torrents selected by name, info hash, job or status' {
        Set-Torrent alb* -Choker Strategic -UploadSlots 3
        Set-Torrent -InfoHash $info.InfoHash -PieceStrategy Sequential
        $seed | Set-Torrent -MaxPeers 7
        Get-Torrent | Set-Torrent -SuperSeeding
        $now = Get-Torrent album
        $now.Choker | Should -Be Strategic
        $now.UploadSlots | Should -Be 3
        $now.PieceStrategy | Should -Be Sequential
        $now.MaxPeers | Should -Be 7
        $now.SuperSeeding | Should -BeTrue
        $back = Set-Torrent album -Choker TitForTat -UploadSlots -1 -PieceStrategy RarestFirst -MaxPeers 100 -SuperSeeding:$false -PassThru
        $back.Choker | Should -Be TitForTat
        $back.UploadSlots | Should -BeNullOrEmpty
        $back.SuperSeeding | Should -BeFalse
    }

    It 'changes nothing with -WhatIf, and ignores jobs of other types' {
        $other = Start-ThreadJob { }
        Get-Job | Set-Torrent -UploadSlots 9 -WhatIf
        Get-Job | Set-Torrent -MaxPeers 99
        (Get-Torrent album).UploadSlots | Should -BeNullOrEmpty
        (Get-Torrent album).MaxPeers | Should -Be 99
        $other | Remove-Job -Force
    }

    It 'downloads a file that was excluded at the start' {
        $job = Start-TorrentDownload album.torrent -Destination ./more -Exclude 'one.bin' -StopWhen Never @fromSeed
        Wait-Until { $job.Status.State -eq 'Finished' } | Should -BeTrue
        './more/album/one.bin' | Should -Not -Exist
        $job | Set-Torrent -Exclude @()
        Wait-Until { $job.Status.State -eq 'Seeding' } | Should -BeTrue
        $job | Remove-Job -Force
        Get-ContentHash more/album | Should -Be (Get-ContentHash data/album)
    }

    It 'skips files by priority, and the download completes without them' {
        $job = Start-Slow ./less @{ FilePriority = @{ 'one.bin' = 'Low' } }
        $job | Set-Torrent -FilePriority @{ 'one*' = 'Skip'; 'deep er/*' = 'High' } -DownloadLimit 0
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        (Get-FileHash 'less/album/deep er/two.bin').Hash | Should -Be (Get-FileHash 'data/album/deep er/two.bin').Hash
        $job | Remove-Job
    }

    It 'selects files by wildcard or index, and an index overrides a wildcard' {
        $job = Start-Slow ./named
        $big = ($info.Files | Where-Object Path -Like '*one.bin').Index
        $job | Set-Torrent -FilePriority @{ '*' = 'Low'; $big = 'High' }
        $inside = @($job | Get-TorrentPiece)[$info.Files[$big].FirstPiece + 1]
        $inside.Priority | Should -Be High
        ($job | Get-TorrentPiece | Group-Object Priority).Name | Sort-Object | Should -Be 'High', 'Low'
        $job | Remove-Job -Force
    }

    It 'refuses invalid changes with stable error ids' {
        { Set-Torrent album } | Should -Throw -ErrorId 'NothingToChange,*'
        Set-Torrent nothing -MaxPeers 5 -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
        Set-Torrent album -Exclude '*.txt' -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'BadSettings,*'
        $errors[0].Exception.Message | Should -BeLike '*only seeds*'
        foreach ($wish in @{ 'nothing.bin' = 'High' }, @{ 99 = 'High' }, @{ 'one.bin' = 'Soon' }, @{ 'one.bin' = 5 }) {
            Set-Torrent album -FilePriority $wish -ErrorVariable errors -ErrorAction SilentlyContinue
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidFilePriority,*'
            $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        }
        $job = Start-Slow ./ended
        $status = $job | Get-Torrent
        $job | Remove-Job -Force
        $status | Set-Torrent -MaxPeers 5 -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'TorrentEnded,*'
    }

    It 'completes names and values' {
        $line = 'Set-Torrent alb'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'album'
        $line = 'Set-Torrent album -Choker S'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'Strategic'
    }
}

Describe 'Starting with a choker, slots and super-seeding' {
    It 'shows these settings in the status' {
        $job = Start-TorrentDownload album.torrent -Destination ./chosen -DownloadLimit 100KB -Choker Naive -UploadSlots 2 @fromSeed
        $job.Status.Choker | Should -Be Naive
        $job.Status.UploadSlots | Should -Be 2
        $job | Remove-Job -Force
        $super = Start-TorrentSeed album.torrent -DataPath data -Port (Get-FreePort) -BindAddress 127.0.0.1 -SuperSeeding | Wait-Check
        $super.Status.SuperSeeding | Should -BeTrue
        $super | Remove-Job -Force
    }

    It 'refuses priorities of files that the torrent does not have' {
        Start-TorrentDownload album.torrent -Destination ./none -FilePriority @{ 'no.bin' = 'High' } @fromSeed -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidFilePriority,*'
        './none' | Should -Not -Exist
    }
}

Describe 'Monitoring' {
    BeforeAll {
        $slow = Start-Slow ./slow
    }

    AfterAll { $slow | Remove-Job -Force }

    It 'Get-TorrentPeer shows why a peer is unchoked, and its rank' {
        $leech = @($seed | Get-TorrentPeer)[0]
        $leech.ChokeReason | Should -BeIn 'FreeSlot', 'RoundRobin', 'Optimistic'
        @($slow | Get-TorrentPeer)[0].ChokeReason | Should -Be NotInterested
        $seed | Get-TorrentPeer | Format-Table | Out-String -Width 200 | Should -Match 'Choke +Rank'
    }

    It 'Get-TorrentPiece shows every piece in order' {
        $pieces = @($slow | Get-TorrentPiece)
        $pieces.Count | Should -Be $info.PieceCount
        $pieces.Index | Should -Be (0..($info.PieceCount - 1))
        ($pieces | Measure-Object Length -Sum).Sum | Should -Be $info.Size
        $verified = @($pieces | Where-Object State -EQ Verified)
        $verified.Count | Should -BeGreaterThan 0
        $verified | ForEach-Object { $_.BlocksReceived | Should -Be $_.BlockCount }
        $pieces[0].Availability | Should -Be 1 -Because 'the seed has everything'
        $pieces[0].Priority | Should -Be Normal
        $pieces | Format-Table | Out-String | Should -Match 'Index State +Priority'
    }

    It 'Get-TorrentPiece finds torrents by name, hash and status, and pieces by state' {
        @(Get-TorrentPiece alb*).Count | Should -Be (2 * $info.PieceCount)
        @(Get-TorrentPiece -InfoHash $info.InfoHash).Count | Should -Be (2 * $info.PieceCount)
        @(Get-Torrent | Get-TorrentPiece -State Missing, Partial).Count | Should -BeGreaterThan 0
        ($seed | Get-TorrentPiece -State Verified).Count | Should -Be $info.PieceCount
        $seed | Get-TorrentPiece -State Missing | Should -BeNullOrEmpty
        Get-TorrentPiece nothing -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
    }

    It 'Measure-Torrent takes -Count samples at the interval, with plain properties for Export-Csv' {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $slow | Measure-Torrent -Interval 0.5 -Count 3 | Export-Csv samples.csv
        $clock.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.95
        $rows = @(Import-Csv samples.csv)
        $rows.Count | Should -Be 3
        [double]$rows[2].ElapsedSeconds | Should -BeGreaterOrEqual 1.0
        [long]$rows[2].Downloaded | Should -BeGreaterThan ([long]$rows[0].Downloaded)
        [long]$rows[0].DownloadLimit | Should -Be 200KB
        [double]$rows[2].DownloadUtilisation | Should -BeGreaterThan 50
        [double]$rows[2].DownloadUtilisation | Should -BeLessThan 130
        $rows[0].UploadUtilisation | Should -BeNullOrEmpty
        [double]$rows[2].WastePercent | Should -BeLessThan 5
        $rows[2].UnchokedBy | Should -Be 1
        foreach ($property in $rows[0].PSObject.Properties) {
            $property.Value | Should -Not -Match '^(System|TorrentPS)\.' -Because "$($property.Name) must be a plain value"
        }
    }

    It 'Measure-Torrent shows within a second that a limit has changed' {
        $slow | Set-Torrent -DownloadLimit 100KB
        Start-Sleep -Milliseconds 500 # data allowed by the old limit
        $samples = @($slow | Measure-Torrent -Count 3)
        $samples[2].DownloadLimit | Should -Be 100KB
        $samples[2].DownloadRate | Should -BeLessThan 150KB
        $samples[2].DownloadUtilisation | Should -BeGreaterThan 50
        $slow | Set-Torrent -DownloadLimit 200KB
    }

    It 'Measure-Torrent samples all torrents for -Duration seconds' {
        $samples = @(Measure-Torrent -Interval 0.2 -Duration 0.4)
        $samples.Count | Should -Be 6 -Because 'two torrents are sampled at 0, 0.2 and 0.4 s'
        $samples.State | Sort-Object -Unique | Should -Be Downloading, Seeding
        $samples | Format-Table | Out-String -Width 160 | Should -Match 'Waste'
        { Measure-Torrent -Count 1 -Duration 1 } | Should -Throw -ErrorId 'CountAndDuration,*'
        Measure-Torrent nothing -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
    }

    It 'Measure-Torrent ends at once when the pipeline is stopped' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$ModulePath'; Measure-Torrent -Interval 60")
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $running = $shell.BeginInvoke($output, $output)
        Wait-Until { $output.Count -gt 0 } | Should -BeTrue
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
        $shell.Dispose()
    }

    It 'Measure-Torrent ends when the torrents end, and the last sample has the totals' {
        $quick = Start-TorrentDownload album.torrent -Destination ./quick -Peer "127.0.0.1:$seedPort" -Port (Get-FreePort) -BindAddress 127.0.0.1
        $samples = @($quick | Measure-Torrent -Interval 0.3)
        $samples[-1].State | Should -Be Stopped
        $samples[-1].Progress | Should -Be 100
        $samples[-1].Downloaded | Should -BeGreaterOrEqual $info.Size
        $quick | Remove-Job
    }
}
