// The module's own records carry the same names as the engine's, flat and in PowerShell's terms; these tell them apart.
global using EngineResult = TorrentPS.Engine.TorrentResult;
global using EngineStatus = TorrentPS.Engine.TorrentStatus;
