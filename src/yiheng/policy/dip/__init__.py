"""DIP schemes (按病种分值付费方案): how a catalogue is built; national ones, and cities as diffs."""
