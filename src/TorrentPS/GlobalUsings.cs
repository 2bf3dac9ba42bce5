// The module's output classes have the same names as the engine's records. These aliases distinguish them.
global using EngineResult = TorrentPS.Engine.TorrentResult;
global using EngineStatus = TorrentPS.Engine.TorrentStatus;
