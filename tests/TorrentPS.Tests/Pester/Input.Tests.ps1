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
        $job = Start-TorrentDownload album.torrent -Destination ./none @Selection @fromSeed @quietly
        $job.State | Should -Be Failed
        $job | Remove-Job
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'NoFileMatches,*'
        $errors[0].CategoryInfo.Category | Should -Be ObjectNotFound
        $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Include*'
        './none' | Should -Not -Exist
        @(Get-Torrent).Count | Should -Be 1
        @(Get-Job).Count | Should -Be 1
    }

    It 'is reported with the nearest file names' {
        Start-TorrentDownload album.torrent -Destination ./none -Include '*.bon' @fromSeed @quietly | Remove-Job
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

Describe 'Input by property name' {
    BeforeAll {
        # Seeded as well, so that a row can be downloaded while another one runs.
        $second = New-Torrent data/album -OutputPath second.torrent -Source ([guid]::NewGuid())
        $seed2 = Start-TorrentSeed second.torrent -DataPath data -Port $seedPort -BindAddress 127.0.0.1
    }

    It 'starts a download for each row of a CSV file, with the settings of the row' {
        $before = (Get-Job).Id
        @"
Path,Magnet,Destination,DownloadLimit,UploadLimit,Include,SeedRatio,Choker
album.torrent,,./csv one,300KB,1000,*.bin,2.5,Naive
,$($second.Magnet),./csv two,,,,,
"@ | ConvertFrom-Csv | Export-Csv list.csv
        $jobs = Import-Csv list.csv | Start-TorrentDownload @local
        $jobs.Count | Should -Be 2
        $jobs[0].Status.DownloadLimit | Should -Be 300KB
        $jobs[0].Status.UploadLimit | Should -Be 1000
        $jobs[0].Status.Choker | Should -Be Naive
        $jobs[0].Status.WantedSize | Should -BeGreaterThan 1MB
        $jobs[0].Status.Destination | Should -Be (Join-Path $TestDrive 'csv one')
        $jobs[1].InfoHash | Should -Be $second.InfoHash
        $jobs[1].Status.Destination | Should -Be (Join-Path $TestDrive 'csv two')
        $jobs[1].Status.DownloadLimit | Should -BeNullOrEmpty -Because 'a row does not take over a value of an earlier row'
        $jobs[1].Status.Choker | Should -Be TitForTat
        (Get-Job).Id | Where-Object { $_ -notin $before } | Should -HaveCount 2
        $jobs | Remove-Job -Force
    }

    It 'starts the row <Row>' -ForEach @(
        @{ Row = 'LiteralPath' }, @{ Row = 'Magnet' }, @{ Row = 'InfoHash' }
    ) {
        $value = @{ LiteralPath = 'second.torrent'; Magnet = $second.Magnet; InfoHash = $second.InfoHash }[$Row]
        $result = [pscustomobject]@{ $Row = $value; Destination = "./by $Row" } | Start-TorrentDownload @fromSeed -Wait
        $result.GoalReached | Should -BeTrue
        Get-ContentHash "by $Row/album" | Should -Be (Get-ContentHash data/album)
    }

    It 'reports a value that is not valid, and continues with the next row' {
        $jobs = @(
            [pscustomobject]@{ Path = 'second.torrent'; DownloadLimit = 'fast' }
            [pscustomobject]@{ Path = 'second.torrent'; DownloadLimit = '0' }
            [pscustomobject]@{ Path = 'second.torrent'; Choker = 'Kind' }
            [pscustomobject]@{ Path = ''; Magnet = ''; Destination = 'x' }
            [pscustomobject]@{ Path = 'second.torrent'; DownloadLimit = '' }
        ) | Start-TorrentDownload -Destination ./valid @local @quietly
        $jobs.State | Should -Be Failed, Running
        $errors.Count | Should -Be 4
        $errors[0].Exception.Message | Should -BeLike "*'fast' is not a number*"
        $errors[1].Exception.Message | Should -BeLike "*'0' is out of range: expected at least 1*"
        $errors[2].Exception.Message | Should -BeLike "*'Kind' is not one of TitForTat*"
        $errors[3].FullyQualifiedErrorId | Should -BeLike 'NoTorrentGiven,*'
        $jobs | Remove-Job -Force
    }

    It 'refuses objects that are not text: <_>' -ForEach @(
        'Start-TorrentDownload', 'Start-TorrentSeed', 'Test-Torrent', 'New-Torrent', 'Get-TorrentPeer'
    ) {
        $objects = 42, [datetime]::Now, @{ Path = 'album.torrent' }, [pscustomobject]@{ Foo = 1 }
        $objects | & $_ @quietly | Should -BeNullOrEmpty
        $errors.FullyQualifiedErrorId | Should -HaveCount 4
        $errors.FullyQualifiedErrorId | Should -Match '^(InputObjectNotBound|AmbiguousParameterSet),'
        { & $_ -Path 42 } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }

    It 'lets no parameter for texts take other objects' {
        $parameters = Get-Command -Module TorrentPS | ForEach-Object { $_.Parameters.Values } |
            Where-Object { $_.Name -in 'Path', 'LiteralPath', 'Magnet', 'InfoHash', 'Url' -and $_.ParameterType -eq [string[]] } |
            Where-Object { $_.ParameterSets.Values.ValueFromPipeline -contains $true -or $_.ParameterSets.Values.ValueFromPipelineByPropertyName -contains $true }
        $parameters.Count | Should -BeGreaterThan 20
        foreach ($parameter in $parameters) {
            $parameter.Attributes.TypeId.Name | Should -Contain 'TextAttribute' -Because $parameter.Name
        }
    }

    It 'takes file objects with brackets in their names as arguments' {
        Copy-Item album.torrent '[a] album.torrent'
        (Get-TorrentInfo (Get-Item -LiteralPath '[a] album.torrent')).InfoHash | Should -Be $info.InfoHash
        (Get-TorrentInfo -Path (Get-ChildItem *album.torrent)).Count | Should -Be 2
    }

    It 'refuses empty and contradictory arguments' {
        { Start-TorrentDownload album.torrent -Destination '' } | Should -Throw -ErrorId 'EmptyArgument,*'
        { Start-TorrentDownload -Path $null } | Should -Throw -ErrorId 'EmptyArgument,*'
        { Start-TorrentDownload album.torrent -DownloadLimit $null } | Should -Throw -ErrorId 'EmptyArgument,*'
        { Start-TorrentDownload } | Should -Throw -ErrorId 'NoTorrentGiven,*'
        { Start-TorrentDownload album.torrent -Magnet $second.Magnet } | Should -Throw -ErrorId 'ParametersConflict,*'
    }
}

Describe 'An info hash' {
    It 'is taken as a path: <Digits> digits' -ForEach @(@{ Digits = 40 }, @{ Digits = 64 }) {
        $read = Get-TorrentInfo ('aB' * ($Digits / 2))
        $read.Magnet | Should -BeLike ($Digits -eq 40 ? 'magnet:?xt=urn:btih:abab*' : 'magnet:?xt=urn:btmh:1220abab*')
        Get-TorrentInfo ('aB' * ($Digits / 2) + 'a') @quietly | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
    }

    It 'is enough to download, to get the metadata and to save it' {
        (Get-TorrentInfo -InfoHash $info.InfoHash -Peer $fromSeed.Peer).PieceCount | Should -Be $info.PieceCount
        (Start-TorrentDownload $info.InfoHash -Destination ./hash @fromSeed -Wait).GoalReached | Should -BeTrue
        Save-TorrentMetadata -InfoHash $info.InfoHash -Destination ./hash.torrent -Peer $fromSeed.Peer
        (Get-TorrentInfo hash.torrent).InfoHash | Should -Be $info.InfoHash
    }

    It 'that is not valid is an error' {
        (Start-TorrentDownload -InfoHash 'abc' @quietly).State | Should -Be Failed
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidInfoHash,*'
    }
}

Describe 'Running torrents' {
    It 'are found by the properties InfoHash and Name of any object' {
        ($info | Get-Torrent).InfoHash | Should -Be $info.InfoHash
        ([pscustomobject]@{ Name = 'alb*'; InfoHash = '' } | Get-Torrent).Name | Should -Contain 'album'
        ('album' | Get-Torrent).Name | Should -Contain 'album'
        ([pscustomobject]@{ Name = 'other'; InfoHash = $info.InfoHash } | Get-Torrent).InfoHash | Should -Be $info.InfoHash
        $info | Set-Torrent -MaxPeers 55
        ($info | Get-Torrent).MaxPeers | Should -Be 55
        @($info | Get-TorrentPiece).Count | Should -Be $info.PieceCount
        ($info | Measure-Torrent -Count 1).InfoHash | Should -Be $info.InfoHash
        $info | Get-Torrent | Suspend-Job
        $seed.State | Should -Be Suspended
        [pscustomobject]@{ InfoHash = $info.InfoHash } | Resume-Job
        $seed.State | Should -Be Running
        ($info | Stop-Torrent -PassThru).InfoHash | Should -Be $info.InfoHash
        $seed.State | Should -Be Stopped
    }

    It 'are not selected by objects without a name or info hash' {
        $running = @(Get-Torrent).Count
        foreach ($row in [pscustomobject]@{ Name = ''; InfoHash = $null }, [pscustomobject]@{ Name = $null }) {
            foreach ($command in 'Get-Torrent', 'Stop-Torrent', 'Suspend-Job') {
                $row | & $command @quietly | Should -BeNullOrEmpty
                $errors[0].FullyQualifiedErrorId | Should -BeLike 'NoTorrentGiven,*'
            }
        }
        42, @{ Name = 'album' } | Stop-Torrent @quietly
        $errors.FullyQualifiedErrorId | Should -BeLike 'InputObjectNotBound,*'
        { Stop-Torrent } | Should -Throw -ErrorId 'NoTorrentGiven,*'
        { Stop-Torrent -Name '' } | Should -Throw -ErrorId 'EmptyArgument,*'
        @(Get-Torrent).Count | Should -Be $running
    }
}

Describe 'The URL of a torrent file' {
    BeforeAll {
        $root = "http://127.0.0.1:$(Get-FreePort)/"
        $listener = [System.Net.HttpListener]::new()
        $listener.Prefixes.Add($root)
        $listener.Start()
        $serving = Start-ThreadJob -ArgumentList $listener, (Get-Item album.torrent).FullName {
            param($listener, $file)
            while ($listener.IsListening) {
                try { $context = $listener.GetContext() } catch { return }
                $response = $context.Response
                $body = switch ($context.Request.Url.AbsolutePath) {
                    '/album.torrent' { , [System.IO.File]::ReadAllBytes($file) }
                    '/moved' { $response.StatusCode = 302; $response.RedirectLocation = '/album.torrent'; , [byte[]]@() }
                    '/page' { , [System.Text.Encoding]::ASCII.GetBytes('<html>') }
                    '/large' { , [byte[]]::new(10MB + 1) }
                    default { $response.StatusCode = 404; , [byte[]]@() }
                }
                try { $response.OutputStream.Write($body, 0, $body.Length); $response.Close() } catch { continue }
            }
        }
    }

    AfterAll {
        $listener.Stop()
        $serving | Remove-Job -Force
    }

    It 'is taken as -Path, -Url and as a column, also after a redirect' {
        (Get-TorrentInfo "${root}album.torrent").InfoHash | Should -Be $info.InfoHash
        (Get-TorrentInfo -Url "${root}moved").InfoHash | Should -Be $info.InfoHash
        ("${root}album.torrent" | Test-Torrent -DataPath data).IsComplete | Should -BeTrue
        $job = [pscustomobject]@{ Url = "${root}album.torrent"; Destination = './by url' } | Start-TorrentDownload @local
        $job.InfoHash | Should -Be $info.InfoHash
        $job.Status.Destination | Should -Be (Join-Path $TestDrive 'by url')
        $job | Remove-Job -Force
    }

    It 'is reported with <Id> when it is <Name>' -ForEach @(
        @{ Name = 'none?passkey=0123456789abcdef'; Id = 'DownloadFailed'; Reason = '*HTTP status 404*' }
        @{ Name = 'page'; Id = 'InvalidTorrent'; Reason = '*not a valid torrent*' }
        @{ Name = 'large'; Id = 'DownloadFailed'; Reason = '*longer than 10485760 bytes*' }
    ) {
        (Start-TorrentDownload "$root$Name" -Destination ./none @quietly).State | Should -Be Failed
        $errors.Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $errors[0].Exception.Message | Should -BeLike $Reason
        $errors[0].Exception.Message | Should -Not -BeLike '*0123456789abcdef*'
    }

    It 'must be http or https' {
        Get-TorrentInfo -Url 'ftp://127.0.0.1/a.torrent' @quietly | Should -BeNullOrEmpty
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidUrl,*'
    }
}
