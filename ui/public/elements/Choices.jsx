/* The answers to a question as buttons that say the label. A pressed one stays marked; once the person has said
   something else, a question's buttons are closed, while the suggestions of "next" only turn quiet. */
import { useEffect, useRef, useState } from 'react';

const Choices = window.Quartz.component('Choices', function Choices({ shown, say, save }) {
  const { options = [], owner = 'question', chosen: kept = null } = shown;
  const box = useRef(null);
  const [chosen, setChosen] = useState(kept);
  const [older, setOlder] = useState(false);

  useEffect(() => {
    const look = () => setOlder(window.Quartz.answered(box.current));
    look();
    return window.Quartz.onSpoken(look);
  }, []);

  const closed = chosen !== null || (owner === 'question' && older);

  function press(label) {
    if (closed) return;
    setChosen(label);
    say(label);
    save({ ...shown, chosen: label });
  }

  return (
    <div ref={box} className="qz-choices" role="group" aria-label="고를 수 있는 답" data-card="choices"
      data-state={closed ? 'closed' : 'open'}>
      {options.map((label, at) => (
        <button key={`${at}-${label}`} type="button" className={older ? 'qz-button qz-small' : 'qz-button'}
          data-choice={label} disabled={closed} aria-pressed={chosen === null ? undefined : chosen === label}
          onClick={() => press(label)}>
          {chosen === label ? `✓ ${label}` : label}
        </button>
      ))}
    </div>
  );
});

export default <Choices shown={props} say={sendUserMessage} save={updateElement} />;
