BeforeAll {
    . $PSScriptRoot/Common.ps1
    Push-Location $TestDrive
    $null = New-Item data -ItemType Directory
    New-Content data/album -Size 1MB -Seed 11
    # A new info hash for each run, so that no stored metadata is used.
    $info = New-Torrent data/album -OutputPath album.torrent -Source ([guid]::NewGuid())
    $seedPort = Get-FreePort
    $local = @{ BindAddress = '127.0.0.1'; Port = Get-FreePort }
    $seed = Start-TorrentSeed album.torrent -DataPath data -Port $seedPort -BindAddress 127.0.0.1
    $fromSeed = $local + @{ Peer = "127.0.0.1:$seedPort" }
    $quietly = @{ ErrorVariable = 'errors'; ErrorAction = 'SilentlyContinue' }
}

AfterAll {
    Remove-AllJobs
    Pop-Location
}

Describe 'A selection that matches no file' {
    It 'is refused by Start-TorrentDownload <With>, and nothing is started' -ForEach @(
        @{ With = '-Include'; Selection = @{ Include = '*.bon' } }
        @{ With = '-Exclude'; Selection = @{ Exclude = '*' } }
        @{ With = '-FilePriority'; Selection = @{ FilePriority = @{ '*' = 'Skip' } } }
    ) {
        Start-TorrentDownload album.torrent -Destination ./none @Selection @fromSeed @quietly | Should -BeNullOrEmpty
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'NoFileMatches,*'
        $errors[0].CategoryInfo.Category | Should -Be ObjectNotFound
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Include*'
        './none' | Should -Not -Exist
        @(Get-Torrent).Count | Should -Be 1
        @(Get-Job).Count | Should -Be 1
    }

    It 'is reported with the nearest file names' {
        Start-TorrentDownload album.torrent -Destination ./none -Include '*.bon' @fromSeed @quietly
        $errors[0].Exception.Message | Should -BeLike "*no file matches '?.bon'*'deep er/two.bin', 'one.bin'*"
    }

    It 'is refused by Set-Torrent, and the download continues as before' {
        $job = Start-TorrentDownload album.torrent -Destination ./kept -Include '*.bin' @local
        $job | Set-Torrent -Include '*.jpeg' -MaxPeers 3 @quietly
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'NoFileMatches,*'
        $job.State | Should -Be Running
        $job.Status.MaxPeers | Should -Be 100
        $job.Status.WantedSize | Should -BeGreaterThan 1MB
        $job | Remove-Job -Force
    }

    It 'fails the job of a magnet link once the metadata is known' {
        $job = Start-TorrentDownload $info.Magnet -Destination ./none -Include '*.jpeg' @fromSeed
        ($job | Wait-Job -Timeout 30).State | Should -Be Failed
        $job.Result.GoalReached | Should -BeFalse
        $job.Result.FaultId | Should -Be NoFileMatches
        $null = $job | Receive-Job @quietly
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'NoFileMatches*'
        './none/album' | Should -Not -Exist
        $job | Remove-Job
    }
}

Describe 'New-Torrent with outputs of the same path' {
    It 'writes nothing, even with -Force' {
        Set-Content same.torrent 'before'
        { New-Torrent data/album, data/album/one.bin -OutputPath same.torrent -Force } |
            Should -Throw -ErrorId 'OutputConflict,*'
        Get-Content same.torrent | Should -Be 'before'
        { 'data/album', 'data/album/one.bin' | New-Torrent -OutputPath fresh.torrent } |
            Should -Throw -ErrorId 'OutputConflict,*'
        'fresh.torrent' | Should -Not -Exist
    }

    It 'writes nothing for contents of the same name in one folder' {
        $null = New-Item other, made -ItemType Directory
        Copy-Item data/album other -Recurse
        { New-Torrent data/album, other/album -OutputPath made -Force } | Should -Throw -ErrorId 'OutputConflict,*'
        Get-ChildItem made | Should -BeNullOrEmpty
    }

    It 'creates one torrent file for each content in a folder' {
        $created = New-Torrent data/album, data/album/one.bin, data/album -OutputPath made
        $created.Name | Should -Be 'album', 'one.bin'
        (Get-ChildItem made).Name | Should -Be 'album.torrent', 'one.bin.torrent'
    }
}
