// The module's output types have the same names as the engine's records. These aliases name the engine's.
global using EngineResult = TorrentPS.Engine.TorrentResult;
global using EngineStatus = TorrentPS.Engine.TorrentStatus;
