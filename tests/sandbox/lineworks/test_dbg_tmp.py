import asyncio, pytest, time
from tests.sandbox.lineworks.conftest import *
from tests.sandbox.lineworks.test_browser import SAMPLES, screen, browser, expect, TARO
import sandbox.lineworks.talk_api as ta
orig = ta._event
sent=[]
def ev(name, data, event_id=None):
    sent.append((name,event_id,round(time.time()%1000,2))); return orig(name,data,event_id)
ta._event=ev
@pytest.mark.parametrize("n", range(3))
async def test_x(screen,n):
    sent.clear()
    st=screen.stand_in
    for number in range(1000):
        st.tenant.push(TARO, SAMPLES[("text", "buttons", "addresses", "flex")[number % 4]])
    await screen.open(f"/talk/{TARO.user_id}")
    await expect(screen.bubbles("bot")).to_have_count(1000)
    await screen.page.evaluate("""window.L=[];const T=()=>(Date.now()/1000%1000).toFixed(2);
    new MutationObserver(()=>L.push('paint '+T())).observe(document.getElementById('messages'),{childList:true});
    document.getElementById('scroll').addEventListener('scroll',()=>L.push('scroll '+T()));
    new PerformanceObserver(l=>{for(const e of l.getEntries()) L.push('long '+Math.round(e.duration)+' @'+T())}).observe({type:'longtask'});
    const f=()=>{const n=performance.now(); if(window.P&&n-P>100) L.push('frame '+Math.round(n-P)+' '+T()); window.P=n; requestAnimationFrame(f)};f();""")
    st.tenant.push(TARO, {"type": "text", "text": "いちばん新しい"})
    await expect(screen.bubbles("bot").last).to_be_in_viewport()
    await screen.bubbles("bot").nth(500).scroll_into_view_if_needed()
    st.tenant.push(TARO, {"type": "text", "text": "もっと新しい"})
    p=screen.page
    t0=time.time()%1000
    try:
        await expect(p.locator("#newer")).to_be_visible()
    except AssertionError:
        print("FAILED")
    print("t0",t0,await p.evaluate("window.L.slice(-14)"), await p.locator('#newer').is_visible(), await p.locator('.message').count(), sent[-4:], st.tenant.pulse.beats, await p.evaluate("document.getElementById('scroll').scrollTop"), await p.evaluate("document.hidden"))
