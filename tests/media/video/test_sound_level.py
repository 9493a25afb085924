"""The encoded sound has the target loudness, measured after decoding."""

import subprocess
from pathlib import Path

import pytest

from media.files.subprocesses import ffmpeg_path
from media.video import loudness, sound_level
from media.video.loudness import Level, Loudness, corrected, is_loudest, is_right, level_for
from media.video.transcoder import EncodeFailed, encode
from media.video.upload_probe import probe
from tests.media.conftest import AAC, picture, tone

SYLLABLES = "(0.15+0.85*abs(sin(2*PI*1.7*t)))*gt(sin(2*PI*0.4*t),-0.7)"


def made_of(expression: str, seconds: int = 8) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"aevalsrc='{expression}':s=48000:d={seconds}")


VOICE = f"{SYLLABLES}*(sin(2*PI*140*t)+0.5*sin(2*PI*420*t)+0.3*(random(0)-0.5))"
INPUTS = {
    "a voice": made_of(f"0.3*{VOICE}"),
    "a quiet voice": made_of(f"0.01*{VOICE}"),
    "a very quiet voice": made_of(f"0.003*{VOICE}"),
    "a voice that clips": made_of(f"clip(4*{VOICE},-1,1)"),
    "a voice with one bang": made_of(f"0.02*{VOICE}+0.95*between(t,4,4.02)*(random(1)*2-1)"),
    "a voice on one side": made_of(f"0.1*{VOICE}|0"),
    "square waves": made_of("sgn(sin(2*PI*440*t))|sgn(sin(2*PI*553*t))"),
    "loud noise": made_of("random(0)*2-1|random(1)*2-1"),
    "six channels": made_of(f"0|0|0.2*{VOICE}|0|0.02*random(1)|0.02*random(2):c=5.1"),
    "a high tone": made_of("0.9*sin(2*PI*11025*t+0.7)"),
    "clicks": made_of("0.5*lt(mod(t,1),0.002)"),
    "low noise": made_of("0.0004*(random(0)-0.5)"),
    "silence": made_of("0"),
    "half a second": tone(0.5),
}
LEFT_ALONE = {"low noise", "silence"}
AS_LOUD_AS_PEAKS_ALLOW = {"clicks", "a voice with one bang"}


def measured(path: Path) -> Loudness:
    words = ["-hide_banner", "-nostdin", "-i", str(path), "-map", "0:a"]
    words += ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    said = subprocess.run([ffmpeg_path(), *words], capture_output=True, text=True, check=True)
    return loudness.read_loudness(said.stderr)


def encoded(source: Path, out: Path) -> Path:
    encode(source, out, probe(source), progress=lambda _: None, canceled=lambda: False)
    return out / "audio.mp4"


def test_high_peak_lowers_the_ceiling_and_keeps_the_gain():
    level = corrected(Level(6.0, 3.0), Loudness(-17.5, -0.5))
    assert level.gain_db == 6.0
    assert level.ceiling_dbtp == pytest.approx(-2.8)


def test_quiet_sound_is_raised_until_its_peaks_limit_it():
    level = corrected(Level(6.0, 3.0), Loudness(-28.0, -1.5))
    assert level.gain_db == 12.0
    assert is_loudest(Loudness(-24.0, -1.5), level)
    assert not is_loudest(Loudness(-24.0, -1.5), Level(6.0, -8.0))
    assert not is_loudest(Loudness(-24.0, -0.9), level)


def test_nearly_silent_sound_is_unchanged():
    assert level_for(Loudness(-60.1, -50.0)).gain_db == 0
    assert level_for(Loudness(-59.9, -50.0)).gain_db == pytest.approx(43.9)
    assert is_right(Loudness(-60.1, -50.0))
    assert not is_right(Loudness(-40.0, -30.0))


def test_unmeasurable_sound_counts_as_silence():
    assert loudness.read_loudness("I: nan LUFS").lufs == float("-inf")
    assert level_for(loudness.read_loudness("")).gain_db == 0


@pytest.mark.slow
def test_encoding_with_wrong_loudness_fails(make, tmp_path, monkeypatch):
    monkeypatch.setattr(sound_level, "corrected", lambda level, after: level)
    monkeypatch.setattr(sound_level, "is_right", lambda after: False)
    with pytest.raises(EncodeFailed) as caught:
        encoded(make("a.mp4", *picture(), *tone(), *AAC), tmp_path)
    assert caught.value.sentence == sound_level.WRONG_LEVEL
    assert "LUFS" in caught.value.tail


@pytest.mark.slow
def test_every_sound_reaches_the_target_loudness_without_high_peaks(make, tmp_path):
    for number, (name, words) in enumerate(INPUTS.items()):
        source = make(f"{number}.wav", *words, "-c:a", "pcm_s24le")
        after = measured(encoded(source, tmp_path / str(number)))
        assert after.dbtp <= -1.0, name
        if name in LEFT_ALONE:
            assert after.lufs < -59, name
        elif name in AS_LOUD_AS_PEAKS_ALLOW:
            assert after.dbtp >= -3.0, name
        else:
            assert abs(after.lufs + 16) <= 1, name
