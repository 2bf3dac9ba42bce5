BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 4MB -Seed 7
    $info = New-Torrent data/album -OutputPath album.torrent
    $seedPort = Get-FreePort
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort -BindAddress 127.0.0.1 | Wait-Check
    $fromSeed = @{ Peer = "127.0.0.1:$seedPort"; Port = (Get-FreePort); BindAddress = '127.0.0.1' }

    function Start-Slow([string] $Destination) {
        # Starts a slow download and waits until it is partly complete.
        $job = Start-TorrentDownload album.torrent -Destination $Destination -DownloadLimit 500KB @fromSeed
        Wait-Until { $job.Status.PiecesHave -gt 0 } | Should -BeTrue
        $job
    }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'A torrent job' {
    It 'completes, and Receive-Job returns statuses and exactly one result, once' {
        $job = Start-TorrentDownload album.torrent -Destination ./done @fromSeed
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        $job.HasMoreData | Should -BeTrue
        $output = @($job | Receive-Job)
        @($output | Where-Object { $_ -is [TorrentPS.TorrentResult] }).Count | Should -Be 1
        $output[-1] | Should -BeOfType 'TorrentPS.TorrentResult'
        $output[-1].GoalReached | Should -BeTrue
        $output[0] | Should -BeOfType 'TorrentPS.TorrentStatus'
        $output.Count | Should -BeLessThan 20
        $job.HasMoreData | Should -BeFalse
        $job | Receive-Job | Should -BeNullOrEmpty
        $job | Remove-Job
        Get-Job -Name album | Where-Object Id -EQ $job.Id | Should -BeNullOrEmpty
    }

    It 'is received and removed by Receive-Job -Wait -AutoRemoveJob' {
        $result = Start-TorrentDownload album.torrent -Destination ./done @fromSeed | Receive-Job -Wait -AutoRemoveJob | Select-Object -Last 1
        $result.GoalReached | Should -BeTrue
        @(Get-Job).Count | Should -Be 1
    }

    It 'is found by Get-Job by name, wildcard, id, instance id and state' {
        (Get-Job -Name alb*).Id | Should -Be $seed.Id
        (Get-Job -Id $seed.Id).Name | Should -Be 'album'
        (Get-Job -InstanceId $seed.InstanceId).Id | Should -Be $seed.Id
        (Get-Job -State Running).Id | Should -Contain $seed.Id
        $seed.PSJobTypeName | Should -Be 'TorrentJob'
        $seed.Location | Should -Be (Join-Path $TestDrive data)
        $seed.StatusMessage | Should -BeLike 'Seeding*'
    }

    It 'is suspended and resumed without losing verified pieces' {
        $job = Start-Slow ./paused
        Suspend-Job $job
        $job.State | Should -Be Suspended
        $job.Status.State | Should -Be Paused
        $have = $job.Status.PiecesHave
        Wait-Until { -not ($job | Get-TorrentPeer) } | Should -BeTrue
        ($job | Resume-Job -PassThru).Id | Should -Be $job.Id
        $job.State | Should -Be Running
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        $job.Status.PiecesHave | Should -BeGreaterThan $have
        Get-ContentHash paused/album | Should -Be (Get-ContentHash data/album)
        $job | Remove-Job
    }

    It 'keeps verified pieces when it is stopped, and a later start continues' {
        $job = Start-Slow ./again
        $job | Stop-Job
        $job.State | Should -Be Stopped
        $result = $job | Receive-Job | Select-Object -Last 1
        $result | Should -BeOfType 'TorrentPS.TorrentResult'
        $result.GoalReached | Should -BeFalse
        $result.Completed | Should -BeGreaterThan 0
        $job | Remove-Job
        (Test-Torrent album.torrent -DataPath again).PiecesGood | Should -BeGreaterThan 0
        $rest = Start-TorrentDownload album.torrent -Destination ./again -Wait @fromSeed
        $rest.GoalReached | Should -BeTrue
        $rest.Downloaded | Should -BeLessThan $info.Size
    }

    It 'is removed while running only with -Force, which stops it' {
        $job = Start-Slow ./forced
        { $job | Remove-Job -ErrorAction Stop } | Should -Throw
        $job | Remove-Job -Force
        $job.Status.State | Should -Be Stopped
        @(Get-Torrent -Name album).Count | Should -Be 1
    }

    It 'is suspended by name, and is refused when it has ended' {
        Suspend-Job -Name album -WhatIf
        $seed.State | Should -Be Running
        Suspend-Job -Name album
        $seed.State | Should -Be Suspended
        Resume-Job -Id $seed.Id
        $seed.State | Should -Be Running
        $ended = Start-ThreadJob { } | Wait-Job
        Suspend-Job $ended -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'JobNotSuspendable,*'
        $ended | Remove-Job
    }

    It 'is suspended with AccessDenied when the destination is not writable, and resumes when it is' -Skip:($IsWindows -or (id -u) -eq 0) {
        $null = New-Item locked -ItemType Directory
        chmod 500 locked
        $job = Start-TorrentDownload album.torrent -Destination ./locked @fromSeed
        $null = $job | Wait-Job -Timeout 15
        $job.State | Should -Be Suspended
        $job | Receive-Job -ErrorVariable errors -ErrorAction SilentlyContinue | Out-Null
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'AccessDenied*'
        chmod 700 locked
        $job | Resume-Job
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        $job | Remove-Job
    }

    It 'is suspended with FileExists when a file with other content exists, and resumes when it is removed' {
        $file = (Get-TorrentInfo album.torrent).Files[0].Path
        $null = New-Item (Split-Path "exists/$file") -ItemType Directory -Force
        Set-Content "exists/$file" 'mine'
        $job = Start-TorrentDownload album.torrent -Destination ./exists @fromSeed
        $null = $job | Wait-Job -Timeout 15
        $job.State | Should -Be Suspended
        $job | Receive-Job -ErrorVariable errors -ErrorAction SilentlyContinue | Out-Null
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'FileExists*'
        Get-Content "exists/$file" | Should -Be 'mine'
        Remove-Item "exists/$file"
        $job | Resume-Job
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        Get-ContentHash exists/album | Should -Be (Get-ContentHash data/album)
        $job | Remove-Job
    }

    It 'is suspended with BadPath when a file has the path of a folder, and resumes when it is removed' {
        Set-Content ./blocked 'in the way'
        $job = Start-TorrentDownload album.torrent -Destination ./blocked @fromSeed
        $null = $job | Wait-Job -Timeout 15
        $job.State | Should -Be Suspended
        $job | Receive-Job -ErrorVariable errors -ErrorAction SilentlyContinue | Out-Null
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'BadPath*'
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Remove-Item ./blocked
        $job | Resume-Job
        $null = $job | Wait-Job -Timeout 30
        $job.State | Should -Be Completed
        Get-ContentHash blocked/album | Should -Be (Get-ContentHash data/album)
        $job | Remove-Job
    }
}
