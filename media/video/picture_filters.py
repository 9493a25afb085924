"""Picture filters: pictures of any size, brightness coding and field order become plain ones.

Each filter is in ffmpeg's words, for a chain that is joined by commas.
"""

from typing import Final

from media.video.stream_facts import DynamicRange, VideoStream

# White of HDR recordings in candelas per square meter, from ITU-R BT.2408.
_WHITE_NITS: Final = 203


def whole_pictures(video: VideoStream) -> tuple[str, ...]:
    """Return the filters that make whole pictures of interlaced fields."""
    return ("yadif=deint=interlaced",) if video.interlaced else ()


def last_picture_stays(seconds: float) -> tuple[str, ...]:
    """Return the filter that shows the last picture for so long until the sound ends."""
    return (f"tpad=stop_mode=clone:stop_duration={seconds}",) if seconds else ()


def fitted(width: int, height: int) -> tuple[str, ...]:
    """Return the filters that fit each picture into a size; one of another shape gets black bars."""
    fit = f"scale='min({width},ceil({height}*dar/2)*2)':'min({height},ceil({width}/dar/2)*2)'"
    return (f"{fit}:out_range=tv", f"pad={width}:{height}:-1:-1", "setsar=1")


def sized(video: VideoStream, width: int, height: int) -> tuple[str, ...]:
    """Return the filters that fit each picture into a size and make its colors those of SDR.

    Colors are changed last, since smaller pictures take less time.
    """
    return (*fitted(width, height), *_standard_range(video))


def _standard_range(video: VideoStream) -> tuple[str, ...]:
    """Return the filters that show HDR as SDR, and say so; none for what is SDR."""
    if video.dynamic_range is DynamicRange.STANDARD:
        return ()
    coded = f"tin={video.dynamic_range}:pin=bt2020:min=bt2020nc"
    return (
        "format=yuv420p10le",
        f"zscale={coded}:t=linear:npl={_WHITE_NITS}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=mobius:param=0.8:desat=0",
        "zscale=t=bt709:m=bt709:p=bt709:r=tv",
        # What the recording says of HDR screens is no longer true.
        "sidedata=mode=delete:type=MASTERING_DISPLAY_METADATA",
        "sidedata=mode=delete:type=CONTENT_LIGHT_LEVEL",
    )
