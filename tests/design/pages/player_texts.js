window.mediaChromeTexts = { en: { "Playback rate {playbackRate}": "Speed {playbackRate}x" } };
