BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Seed 21
    $info = New-Torrent data/album -OutputPath album.torrent
    $single = New-Torrent data/album/one.bin -OutputPath single.torrent
    $local = @{ BindAddress = '127.0.0.1'; Port = Get-FreePort }
    $quietly = @{ ErrorVariable = 'errors'; ErrorAction = 'SilentlyContinue' }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'Suspend-Job and Resume-Job' {
    It 'say that an ordinary job is not a torrent job, by <How>' -ForEach @(
        @{ How = 'pipeline'; Select = { param($job) $job | Suspend-Job @quietly } }
        @{ How = 'id'; Select = { param($job) Suspend-Job -Id $job.Id @quietly } }
        @{ How = 'name'; Select = { param($job) Resume-Job -Name $job.Name @quietly } }
    ) {
        $job = Start-ThreadJob { Start-Sleep 60 }
        $null = Wait-Until { $job.State -eq 'Running' }
        . $Select $job
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'JobNotSuspendable,*'
        $errors[0].Exception.Message | Should -Be "The job '$($job.Name)' is a ThreadJob, which cannot be suspended or resumed."
        $errors[0].TargetObject.Id | Should -Be $job.Id
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*Stop-Job*'
        $job | Remove-Job -Force
    }

    It 'say that a torrent job has ended' {
        $job = Start-TorrentSeed album.torrent -DataPath data @local
        $job | Stop-Job
        $job | Resume-Job @quietly
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'JobNotSuspendable,*'
        $errors[0].Exception.Message | Should -Be "The job 'album' has ended with the state Stopped."
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike 'Start the torrent again*'
        $job | Remove-Job
    }

    It 'say that there is no such job' {
        Suspend-Job -Id 99999 @quietly
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'JobNotFound,*'
    }
}

Describe 'A path of the wrong kind' {
    It 'is reported as a folder by <_>' -ForEach 'Get-TorrentInfo', 'Start-TorrentDownload', 'Test-Torrent', 'Get-TorrentPeer' {
        & $_ data @quietly | Where-Object State -NE Failed | Should -BeNullOrEmpty
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'IsFolder,*'
        $errors[0].Exception.Message | Should -BeLike "*data' is a folder, not a torrent file."
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*New-Torrent*'
    }

    It 'is reported when the destination cannot be created' -Skip:(-not $IsLinux) {
        $result = Start-TorrentDownload album.torrent -Destination /proc/nope -Wait @local @quietly
        $result.GoalReached | Should -BeFalse
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'BadPath,*'
        $errors[0].Exception.Message | Should -BeLike "Cannot create the folder '/proc/nope'*Choose another destination."
    }
}

Describe 'Data under another name' {
    BeforeAll {
        Copy-Item data/album other-album -Recurse
        Copy-Item data/album/one.bin other.bin
    }

    It 'is tested: <Path>' -ForEach @(
        @{ Torrent = 'album.torrent'; Path = 'other-album' }, @{ Torrent = 'single.torrent'; Path = 'other.bin' }
    ) {
        (Test-Torrent $Torrent -DataPath $Path).IsComplete | Should -BeTrue
    }

    It 'is seeded: <Path>' -ForEach @(
        @{ Torrent = 'album.torrent'; Path = 'other-album' }, @{ Torrent = 'single.torrent'; Path = 'other.bin' }
    ) {
        $job = Start-TorrentSeed $Torrent -DataPath $Path @local
        Wait-Until { $job.Status.State -eq 'Seeding' } | Should -BeTrue
        $job.Status.Path | Should -Be (Join-Path $TestDrive $Path)
        $result = Start-TorrentDownload $Torrent -Destination "./from $Path" -BindAddress 127.0.0.1 -Port (Get-FreePort) -Peer "127.0.0.1:$($local.Port)" -Wait
        $result.GoalReached | Should -BeTrue
        (Test-Torrent $Torrent -DataPath "./from $Path").IsComplete | Should -BeTrue
        $job | Remove-Job -Force
    }
}
